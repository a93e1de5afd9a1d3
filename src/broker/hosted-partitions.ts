import { zeroUuid } from '../codec/uuid.ts'
import { inParallel } from '../log/log-directory-workers.ts'
import { logSettingsOf } from './log-settings-of.ts'
import type { ClusterImage, PartitionImage, TopicImage } from '../metadata/image.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import { Replica } from '../replica/replica.ts'
import type { ReplicaSets } from '../replication/in-sync-set.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import { isrScheme, type Scheme } from '../replication/schemes.ts'
import type { Clock } from '../runtime/clock.ts'
import { invariant } from '../runtime/invariant.ts'
import type { Logger } from '../runtime/logger.ts'
import type { LiveConfigs } from './live-configs.ts'
import type { PartitionLogs } from './partition-logs.ts'

/** Told when this broker begins or ceases to lead a partition. */
export interface LeadershipListener {
  elected(topic: string, partition: number, replica: Replica): void
  resigned(topic: string, partition: number): void
  topicsDeleted(names: readonly string[]): void
}

/** A partition without a usable log. */
export interface Offline {
  readonly topic: string
  readonly partition: number
  readonly error: Error
}

/** What thousands of openings at once hold would be taken for long-lived, and stay in memory for long. */
const opensAtOnce = 16

const keyOf = (topic: string, partition: number): string => `${topic}:${partition}`

/**
 * The replicas that this broker hosts, kept as the image says: opened, led, configured and deleted when records
 * say so. Only this class opens and closes them.
 */
export class HostedPartitions {
  readonly #self: BrokerId
  readonly #directory: string
  readonly #image: ClusterImage
  readonly #configs: LiveConfigs
  readonly #logs: PartitionLogs
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #replicas = new Map<string, Map<number, Replica>>()
  readonly #offline = new Map<string, Offline>()
  readonly #listeners: LeadershipListener[] = []

  constructor(parts: {
    self: BrokerId
    /** Id of the folder that its logs are in. */
    directory: string
    image: ClusterImage
    configs: LiveConfigs
    logs: PartitionLogs
    clock: Clock
    logger: Logger
  }) {
    this.#self = parts.self
    this.#directory = parts.directory
    this.#image = parts.image
    this.#configs = parts.configs
    this.#logs = parts.logs
    this.#clock = parts.clock
    this.#logger = parts.logger
  }

  get(topic: string, partition: number): Replica | null {
    return this.#replicas.get(topic)?.get(partition) ?? null
  }

  *all(): Iterable<Replica> {
    for (const replicas of this.#replicas.values()) yield* replicas.values()
  }

  /** Partitions that belong here and have no log that can be used, with what stands in the way. */
  offline(): Iterable<Offline> {
    return this.#offline.values()
  }

  isOffline(topic: string, partition: number): boolean {
    return this.#offline.has(keyOf(topic, partition))
  }

  /** The listener hears of leaderships from now on, and at once of those that are. */
  listen(listener: LeadershipListener): void {
    this.#listeners.push(listener)
    for (const replica of this.all()) {
      if (replica.leads) listener.elected(replica.topic, replica.partition, replica)
    }
  }

  /** Makes the log start offsets of all partitions durable. */
  checkpoint(): Promise<void> {
    return this.#logs.checkpoint()
  }

  /** Puts committed records, which the image has replayed already, into effect. */
  async apply(records: readonly MetadataRecord[]): Promise<void> {
    await this.#removeDeleted(records)
    const touched = this.#partitionsIn(records)
    for (const topic of this.#configs.changedBy(records)) this.#configure(topic)
    await Promise.all(touched.map(({ topic, partition }) => this.#follow(topic, partition)))
  }

  /** Opens everything that the image says this broker hosts. Leads nothing that an earlier process led. */
  async openAll(): Promise<void> {
    await inParallel(this.#hosted(), opensAtOnce, async ({ topic, partition }) => {
      await this.#open(topic, partition)
    })
  }

  *#hosted(): Iterable<{ topic: TopicImage; partition: number }> {
    for (const topic of this.#image.topics.values()) {
      for (const { index: partition, replicas } of topic.partitions) {
        if (replicas.includes(this.#self)) yield { topic, partition }
      }
    }
  }

  async #removeDeleted(records: readonly MetadataRecord[]): Promise<void> {
    if (!records.some((record) => record.type === 'remove-topic')) return
    await this.#deleteOffline()
    const gone = [...this.#replicas.keys()].filter((name) => !this.#image.topics.has(name))
    for (const name of gone) {
      const replicas = [...(this.#replicas.get(name)?.values() ?? [])]
      this.#replicas.delete(name)
      for (const replica of replicas) {
        replica.resign(replica.epoch, null)
        for (const listener of this.#listeners) listener.resigned(name, replica.partition)
      }
      await Promise.all(replicas.map(({ topic, partition }) => this.#logs.delete({ topic, partition })))
    }
    for (const listener of this.#listeners) listener.topicsDeleted(gone)
  }

  async #deleteOffline(): Promise<void> {
    for (const [key, { topic, partition, error }] of this.#offline) {
      if (this.#image.topics.has(topic)) continue
      this.#offline.delete(key)
      try {
        await this.#logs.delete({ topic, partition })
      } catch (failure) {
        // What is left of it is set aside at the next start.
        this.#logger.warn({ topic, partition, error: String(failure), offline: error.message }, 'a log was not deleted')
      }
    }
  }

  #partitionsIn(records: readonly MetadataRecord[]): { topic: TopicImage; partition: PartitionImage }[] {
    const touched = new Map<string, { topic: TopicImage; partition: PartitionImage }>()
    for (const record of records) {
      if (record.type !== 'partition' && record.type !== 'partition-change') continue
      const topic = this.#image.topicById(record.topicId)
      const partition = topic?.partitions[record.partition]
      if (topic === null || partition === undefined || !partition.replicas.includes(this.#self)) continue
      touched.set(`${record.topicId}:${record.partition}`, { topic, partition })
    }
    return [...touched.values()]
  }

  /** Leads or follows the partition as the image says. */
  async #follow(topic: TopicImage, partition: PartitionImage): Promise<void> {
    const replica = this.get(topic.name, partition.index) ?? (await this.#open(topic, partition.index))
    if (replica === null) return
    if (partition.leader === this.#self) {
      if (replica.leads && replica.epoch === partition.leaderEpoch) return this.#reconfigure(replica, partition)
      replica.lead(partition.leaderEpoch, setsOf(partition))
      for (const listener of this.#listeners) listener.elected(topic.name, partition.index, replica)
      return
    }
    const led = replica.leads
    replica.resign(partition.leaderEpoch, partition.leader === -1 ? null : partition.leader)
    if (led) for (const listener of this.#listeners) listener.resigned(topic.name, partition.index)
  }

  /** Null: the partition is offline. Others go on; the broker must neither end nor serve what it does not have. */
  async #open(topic: TopicImage, partition: number): Promise<Replica | null> {
    try {
      return await this.#openReplica(topic, partition)
    } catch (error) {
      // What has no code is no fault of the disk but a mistake of ours.
      if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') throw error
      this.#offline.set(keyOf(topic.name, partition), { topic: topic.name, partition, error })
      this.#logger.error({ topic: topic.name, partition, error: error.message }, 'a partition is offline')
      return null
    }
  }

  async #openReplica(topic: TopicImage, partition: number): Promise<Replica> {
    const name = { topic: topic.name, partition }
    const settings = logSettingsOf(this.#configs.topic(topic.name))
    const self = { broker: this.#self, directory: this.#directory }
    const replica = await Replica.open(
      { ...name, self, scheme: this.#schemeOf(topic.name), clock: this.#clock, logger: this.#logger },
      (events) => this.#logs.open({ ...name, topicId: topic.id }, settings, events),
    )
    const replicas = this.#replicas.get(topic.name) ?? new Map<number, Replica>()
    invariant(!replicas.has(partition), 'a partition is opened twice', name)
    replicas.set(partition, replica)
    this.#replicas.set(topic.name, replicas)
    return replica
  }

  #configure(topic: string): void {
    for (const replica of this.#replicas.get(topic)?.values() ?? []) {
      const partition = this.#image.partition(topic, replica.partition)
      if (partition !== null) this.#reconfigure(replica, partition)
    }
  }

  #reconfigure(replica: Replica, partition: PartitionImage): void {
    replica.configure({
      settings: logSettingsOf(this.#configs.topic(replica.topic)),
      scheme: this.#schemeOf(replica.topic),
      sets: setsOf(partition),
    })
  }

  #schemeOf(topic: string): Scheme {
    return isrScheme(this.#configs.topic(topic).minInsyncReplicas)
  }
}

function setsOf({ replicas, directories, inSync, partitionEpoch }: PartitionImage): ReplicaSets {
  const copies = replicas.map((broker, at) => ({ broker, directory: directories[at] ?? zeroUuid }))
  return { replicas: copies, inSync, partitionEpoch }
}
