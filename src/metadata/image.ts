import type { LeaderEpoch, Offset } from '../record/offset.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import { invariant } from '../runtime/invariant.ts'
import { AstrayLeaders } from './astray-leaders.ts'
import { SharedLists } from './shared-lists.ts'
import type { MetadataRecord } from './records.ts'
import { commitLogOf } from './topic-name.ts'

export interface BrokerImage {
  readonly id: BrokerId
  /** Number of this registration: the metadata offset at which it was made. */
  readonly epoch: Offset
  readonly directoryId: string
  readonly host: string
  readonly port: number
  readonly rack: string | null
  /** Tells this process of the broker from the next. */
  readonly incarnation: string
  /** Where other brokers reach it; null: nowhere. */
  readonly peer: { readonly host: string; readonly port: number } | null
  /** It leads nothing and is in no in-sync set; clients are not sent to it. */
  readonly fenced: boolean
}

/** A reassignment that is under way (KIP-455): which of the replicas it brings, and which go once those are in sync. */
export interface Moving {
  readonly adding: readonly BrokerId[]
  readonly removing: readonly BrokerId[]
}

export interface PartitionImage {
  readonly index: number
  readonly replicas: readonly BrokerId[]
  readonly directories: readonly string[]
  readonly inSync: readonly BrokerId[]
  /**
   * Not in sync, and may be elected all the same (KIP-966). Where roles are fixed: who is being promoted, and whose place it takes.
   */
  readonly eligible: readonly BrokerId[]
  /** -1: nobody. */
  readonly leader: BrokerId
  readonly leaderEpoch: LeaderEpoch
  /** Raised by every change of this partition's state; compare-and-set is on it (KIP-497). */
  readonly partitionEpoch: number
  /** The broker group whose commit log it is a queue of: all of its state is that log's. Null: it has a log of its own. */
  readonly group: string | null
  /** Null: its replicas stay where they are. */
  readonly moving: Moving | null
}

export interface TopicImage {
  readonly name: string
  readonly id: string
  readonly partitions: readonly PartitionImage[]
}

/** Brokers that replicate together what is dealt to them; the first is the primary where roles are fixed. */
export interface BrokerGroupImage {
  readonly name: string
  readonly members: readonly BrokerId[]
}

/** What a setting belongs to, by Kafka's numbers. */
export const resourceTypes = { topic: 2, broker: 4 } as const

/** The settings that were given for one topic or broker. */
export interface ResourceSettings {
  readonly resourceType: number
  readonly resourceName: string
  readonly settings: ReadonlyMap<string, string>
}

/**
 * The cluster as the metadata log tells it: brokers and their groups, topics, partitions, settings. Changed by `replay` only, in the log's order,
 * the same on every broker.
 */
export class ClusterImage {
  readonly clusterId: string
  /** Leaders that may have records of their own. */
  readonly astray = new AstrayLeaders()
  readonly #brokers = new Map<BrokerId, BrokerImage>()
  readonly #topics = new Map<string, TopicImage>()
  readonly #topicNames = new Map<string, string>()
  readonly #settings = new Map<string, ResourceSettings & { readonly settings: Map<string, string> }>()
  readonly #brokerGroups = new Map<string, BrokerGroupImage>()
  readonly #lists = new SharedLists()
  #nextProducerId = 0
  #partitionCount = 0

  constructor(clusterId: string) {
    this.clusterId = clusterId
  }

  get brokers(): ReadonlyMap<BrokerId, BrokerImage> {
    return this.#brokers
  }

  get topics(): ReadonlyMap<string, TopicImage> {
    return this.#topics
  }

  get brokerGroups(): ReadonlyMap<string, BrokerGroupImage> {
    return this.#brokerGroups
  }

  get nextProducerId(): number {
    return this.#nextProducerId
  }

  get partitionCount(): number {
    return this.#partitionCount
  }

  /** Whether the broker may lead and be in sync. */
  isAlive(broker: BrokerId): boolean {
    return this.#brokers.get(broker)?.fenced === false
  }

  /** The brokers that are alive, by their ids. */
  get living(): readonly BrokerImage[] {
    return this.brokersThat(({ fenced }) => !fenced)
  }

  /** Those of all registered brokers for which `are` says so, by their ids. */
  brokersThat(are: (broker: BrokerImage) => boolean): BrokerImage[] {
    return [...this.#brokers.values()].filter(are).sort((one, other) => one.id - other.id)
  }

  topicById(id: string): TopicImage | null {
    const name = this.#topicNames.get(id)
    return name === undefined ? null : (this.#topics.get(name) ?? null)
  }

  partition(topic: string, index: number): PartitionImage | null {
    return this.#topics.get(topic)?.partitions[index] ?? null
  }

  /** The partition whose replicas and log these are: itself, or that of the commit log which it is a queue of; null: there is none. */
  holderOf(topic: string, index: number): { readonly topic: TopicImage; readonly partition: PartitionImage } | null {
    const named = this.#topics.get(topic)
    const partition = named?.partitions[index]
    if (named === undefined || partition === undefined) return null
    return partition.group === null ? { topic: named, partition } : this.commitLog(partition.group)
  }

  /** The commit log of a broker group; null: it has none. */
  commitLog(group: string): { readonly topic: TopicImage; readonly partition: PartitionImage } | null {
    const topic = this.#topics.get(commitLogOf(group))
    const partition = topic?.partitions[0]
    return topic === undefined || partition === undefined ? null : { topic, partition }
  }

  /** The settings given for one topic or broker (the empty name: for all brokers), without defaults. */
  settings(resourceType: number, resourceName: string): ReadonlyMap<string, string> {
    return this.#settings.get(resourceKey(resourceType, resourceName))?.settings ?? new Map()
  }

  /** All settings that were given, without defaults. */
  get resources(): readonly ResourceSettings[] {
    return [...this.#settings.values()]
  }

  /** The image as it is now, which no replay changes any more. Costs a reference for each partition. */
  copy(): ClusterImage {
    const copy = new ClusterImage(this.clusterId)
    for (const [id, broker] of this.#brokers) copy.#brokers.set(id, broker)
    for (const [name, topic] of this.#topics) {
      copy.#topics.set(name, { ...topic, partitions: topic.partitions.map((each) => copy.#as(each)) })
      copy.#topicNames.set(topic.id, name)
    }
    for (const [key, of] of this.#settings) copy.#settings.set(key, { ...of, settings: new Map(of.settings) })
    for (const [name, group] of this.#brokerGroups) copy.#brokerGroups.set(name, group)
    copy.#nextProducerId = this.#nextProducerId
    copy.#partitionCount = this.#partitionCount
    return copy
  }

  replay(record: MetadataRecord, offset: Offset): void {
    switch (record.type) {
      case 'register-broker':
        this.#brokers.set(record.brokerId, brokerOf(record, offset))
        return
      case 'broker-change':
        return this.#onBrokerChange(record)
      case 'unregister-broker':
        this.#brokers.delete(record.brokerId)
        this.#settings.delete(resourceKey(resourceTypes.broker, `${record.brokerId}`))
        return
      case 'topic':
        invariant(!this.#topics.has(record.name), 'a topic is made twice', { record })
        this.#topics.set(record.name, { name: record.name, id: record.topicId, partitions: [] })
        this.#topicNames.set(record.topicId, record.name)
        return
      case 'partition':
        return this.#onPartition(record)
      case 'partition-change':
        return this.#onPartitionChange(record)
      case 'remove-topic':
        return this.#onRemoveTopic(record.topicId)
      case 'config':
        return this.#onConfig(record)
      case 'producer-ids':
        invariant(record.nextProducerId > this.#nextProducerId, 'producer ids are given twice', { record })
        this.#nextProducerId = record.nextProducerId
        return
      case 'broker-group':
        this.#brokerGroups.set(record.name, { name: record.name, members: record.members })
        return
      case 'remove-broker-group':
        this.#brokerGroups.delete(record.name)
        return
      default:
        return record satisfies never
    }
  }

  #onPartition(record: MetadataRecord & { type: 'partition' }): void {
    const topic = this.#topicOf(record)
    invariant(record.partition === topic.partitions.length, 'partitions come in order', { record })
    // The array is grown in place: replaying a topic of many partitions must not copy it each time.
    const partitions = topic.partitions as PartitionImage[]
    const { leader, leaderEpoch, partitionEpoch = 0 } = record
    const [replicas, directories] = [this.#lists.of(record.replicas), this.#lists.of(record.directories)]
    const [inSync, eligible] = [this.#lists.of(record.inSync), this.#lists.of(record.eligible ?? none)]
    const index = record.partition
    this.#partitionCount += 1
    const { group = '' } = record
    if (group !== '') {
      partitions.push(this.#queue(index, group))
      return
    }
    // Field by field, here and below: copies of one object's rest each keep a hidden class, which thousands feel.
    partitions.push({
      index,
      replicas,
      directories,
      inSync,
      eligible,
      leader,
      leaderEpoch,
      partitionEpoch,
      group: null,
      moving: movingOf(record, null),
    })
  }

  /** A partition of this image as one of another, which is the same history. */
  #as(partition: PartitionImage): PartitionImage {
    return partition.group === null ? partition : this.#queue(partition.index, partition.group)
  }

  /** A queue, whose state is at any time that of its commit log. */
  #queue(index: number, group: string): PartitionImage {
    const state = (): Omit<PartitionImage, 'index' | 'group'> => this.commitLog(group)?.partition ?? withoutLog
    return {
      index,
      group,
      get replicas() {
        return state().replicas
      },
      get directories() {
        return state().directories
      },
      get inSync() {
        return state().inSync
      },
      get eligible() {
        return state().eligible
      },
      get leader() {
        return state().leader
      },
      get leaderEpoch() {
        return state().leaderEpoch
      },
      get partitionEpoch() {
        return state().partitionEpoch
      },
      get moving() {
        return state().moving
      },
    }
  }

  #onPartitionChange(record: MetadataRecord & { type: 'partition-change' }): void {
    const partitions = this.#topicOf(record).partitions as PartitionImage[]
    const before = partitions[record.partition]
    invariant(before !== undefined, 'a partition that does not exist has changed', { record })
    invariant(before.group === null, 'a queue has changed, and not its commit log', { record })
    invariant(record.leaderEpoch >= before.leaderEpoch, 'a leader epoch went back', { record, before })
    const { index } = before
    const { partitionEpoch: stated = -1 } = record
    const { leader, leaderEpoch } = record
    const [inSync, eligible] = [this.#lists.of(record.inSync), this.#lists.of(record.eligible)]
    // What is not told stays the same array: by that it is seen that nothing has changed.
    const directories = record.directories ? this.#lists.of(record.directories) : before.directories
    const replicas = record.replicas ? this.#lists.of(record.replicas) : before.replicas
    invariant(replicas.length === directories.length, 'each replica has a folder', { record })
    const after = {
      index,
      replicas,
      directories,
      inSync,
      eligible,
      leader,
      leaderEpoch,
      partitionEpoch: stated < 0 ? before.partitionEpoch + 1 : stated,
      group: null,
      moving: movingOf(record, before.moving),
    }
    partitions[record.partition] = after
    this.astray.changed(record.topicId, before, after)
  }

  #onBrokerChange({ brokerId, fenced }: MetadataRecord & { type: 'broker-change' }): void {
    const before = this.#brokers.get(brokerId)
    invariant(before !== undefined, 'a broker that is not registered has changed', { brokerId })
    this.#brokers.set(brokerId, { ...before, fenced })
  }

  #onRemoveTopic(topicId: string): void {
    const topic = this.#topicOf({ topicId })
    this.#topics.delete(topic.name)
    this.#topicNames.delete(topicId)
    this.astray.removed(topicId)
    this.#settings.delete(resourceKey(resourceTypes.topic, topic.name))
    this.#partitionCount -= topic.partitions.length
  }

  #onConfig(record: MetadataRecord & { type: 'config' }): void {
    const { resourceType, resourceName, name, value } = record
    const key = resourceKey(resourceType, resourceName)
    const of = this.#settings.get(key) ?? { resourceType, resourceName, settings: new Map<string, string>() }
    if (value === null) of.settings.delete(name)
    else of.settings.set(name, value)
    if (of.settings.size === 0) this.#settings.delete(key)
    else this.#settings.set(key, of)
  }

  #topicOf(record: { topicId: string }): TopicImage {
    const topic = this.topicById(record.topicId)
    invariant(topic !== null, 'a record names a topic that does not exist', { record })
    return topic
  }
}

function brokerOf(record: MetadataRecord & { type: 'register-broker' }, offset: Offset): BrokerImage {
  const { brokerId: id, directoryId, host, port, rack, incarnation, peerHost, peerPort, fenced, epoch = -1 } = record
  const peer = peerHost === '' ? null : { host: peerHost, port: peerPort }
  return { id, epoch: epoch < 0 ? offset : epoch, directoryId, host, port, rack, incarnation, peer, fenced }
}

/** What a record says of a reassignment; `before` where it says nothing. */
function movingOf(
  { adding = null, removing = null }: { [K in keyof Moving]?: Moving[K] | null | undefined },
  before: Moving | null,
): Moving | null {
  if (adding === null || removing === null) return before
  return adding.length + removing.length === 0 ? null : { adding, removing }
}

const none: readonly BrokerId[] = []

const withoutLog = {
  replicas: none,
  directories: [],
  inSync: none,
  eligible: none,
  leader: -1,
  leaderEpoch: -1,
  partitionEpoch: 0,
  moving: null,
}

const resourceKey = (type: number, name: string): string => `${type}:${name}`
