import type { HostedPartitions } from '../broker/hosted-partitions.ts'
import type { LiveConfigs } from '../broker/live-configs.ts'
import { type Coordinator, CoordinatorUnavailable } from '../metadata/coordinator/coordinator.ts'
import type { PartitionImage, TopicImage } from '../metadata/image.ts'
import { isBeingPromoted } from '../metadata/partition-state.ts'
import type { MetadataRecord } from '../metadata/records.ts'
import type { Asks } from '../peer/asks.ts'
import type { Replica } from '../replica/replica.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import { isUpToDate, type LogPosition } from '../replication/log-position.ts'
import type { ReplicationRules } from '../replication/rules.ts'
import { sureBackupsOf } from '../replication/schemes.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import { rest } from '../runtime/rest.ts'
import { answerLogEnds, askLogEnd } from './log-ends.ts'
import type { Takeovers } from './takeovers.ts'

const againMs = 100

interface Awaited {
  readonly topic: TopicImage
  readonly partition: PartitionImage
}

interface Parts {
  readonly coordinator: Coordinator
  readonly partitions: HostedPartitions
  readonly configs: LiveConfigs
  readonly asks: Asks
  readonly clock: Clock
  readonly logger: Logger
  readonly self: BrokerId
  readonly incarnation: string
  readonly takeovers: Takeovers
  readonly rules: ReplicationRules
  /** How long a primary waits for backups that nothing obliges it to hear. */
  readonly patienceMs: number
  /** A primary goes on without what is damaged of it: nobody can be asked. */
  goesOnDamaged(replica: Replica): Promise<unknown>
}

/**
 * Brings primaries back to lead that may have lost what they had (`fixed` roles). One asks its backups first how far they
 * are: with so many of them that one must have whatever was acknowledged. If one is further, that one leads, without taking
 * writes, until the primary has all of it; then the primary leads. So what was lost comes by the way of all data. One whose
 * log is damaged is led in the same way, by a backup that has at least as much; until there is one, it leads and takes no writes.
 */
export class PrimaryReturns {
  readonly #parts: Parts
  readonly #underWay = new Set<string>()
  #isClosed = false

  constructor(parts: Parts) {
    this.#parts = parts
    const { coordinator, partitions, rules } = parts
    answerLogEnds(parts.asks, { image: coordinator.image, partitions, rules })
  }

  close(): void {
    this.#isClosed = true
  }

  /** To be called once the broker is alive. */
  lookAtAll(): void {
    for (const replica of this.#parts.partitions.all()) this.lookAt(replica)
  }

  /** To be called when the image has changed by these. */
  look(records: readonly MetadataRecord[]): void {
    const { coordinator, partitions, self } = this.#parts
    for (const record of records) {
      if (record.type === 'broker-change' && record.brokerId === self) this.lookAtAll()
      if (record.type !== 'partition-change') continue
      const topic = coordinator.image.topicById(record.topicId)
      const replica = topic === null ? null : partitions.get(topic.name, record.partition)
      if (replica !== null) this.lookAt(replica)
    }
  }

  /** To be called when it turned out to be damaged. */
  lookAt(replica: Replica): void {
    const key = `${replica.topic}:${replica.partition}`
    if (replica.scheme.elect !== 'fixed' || this.#underWay.has(key) || this.#awaited(replica) === null) return
    this.#underWay.add(key)
    void this.#bringBack(replica).finally(() => this.#underWay.delete(key))
  }

  /** The partition, if this broker is its primary, alive and with its own copy or promoted, and does not lead, or ought not to. */
  #awaited({ topic: name, partition: index, isSuspect }: Replica): Awaited | null {
    const { coordinator, self } = this.#parts
    const topic = coordinator.image.topics.get(name)
    const partition = topic?.partitions[index]
    if (this.#isClosed || topic === undefined || partition === undefined) return null
    const isPrimary = partition.replicas[0] === self && coordinator.image.isAlive(self)
    // One without its copy leads only if it is promoted.
    const isDue = isPrimary && (partition.inSync.includes(self) || isBeingPromoted(partition))
    return isDue && (partition.leader !== self || isSuspect) ? { topic, partition } : null
  }

  async #bringBack(replica: Replica): Promise<void> {
    const { clock, self } = this.#parts
    const startMs = clock.monotonicMs()
    for (let awaited = this.#awaited(replica); awaited !== null; awaited = this.#awaited(replica)) {
      if (isBeingPromoted(awaited.partition)) await this.#takeOver(replica, awaited)
      else if (!replica.isSuspect) await this.#seat(awaited, self)
      else if ([-1, self].includes(awaited.partition.leader))
        await this.#ask(replica, awaited, clock.monotonicMs() - startMs)
      await rest(clock, againMs)
    }
  }

  async #takeOver(replica: Replica, awaited: Awaited): Promise<void> {
    const leader = await this.#parts.takeovers.nextLeader(replica, awaited)
    if (leader !== null) await this.#seat(awaited, leader)
  }

  async #ask(replica: Replica, awaited: Awaited, waitedMs: number): Promise<void> {
    const { asks, self, configs, patienceMs, logger } = this.#parts
    const { topic, partition } = awaited
    const backups = partition.replicas.filter((broker) => broker !== self)
    const group = { topicId: topic.id, partition: partition.index, epoch: partition.leaderEpoch }
    const answers = await Promise.all(backups.map((broker) => askLogEnd(asks, broker, group)))
    const ends = answers.filter((answer) => answer !== null)
    const copies = sureBackupsOf(configs.topic(topic.name))
    // Whatever was acknowledged is on one of these; without such a promise all are heard that answer in time.
    const needed = copies > 0 ? partition.replicas.length - copies : waitedMs < patienceMs ? backups.length : 0
    // What it has cut off for its repair it gets from one of them, or not at all.
    if (ends.length < Math.max(needed, replica.isUnderRepair ? 1 : 0)) return
    const furthest = furthestOf({ broker: self, position: positionOf(replica) }, ends, replica.isDamaged)
    const lacks = furthest.broker !== self
    if (replica.isDamaged && !lacks && partition.leader === self) {
      if (ends.length === 0) await this.#goOn(replica)
      return
    }
    const facts = { ...group, topic: topic.name, heard: ends.length, furthest }
    logger.info(
      facts,
      lacks ? 'a primary gets back from a backup what it lacks' : 'no backup has more than its primary',
    )
    if (!lacks && copies > 0 && !replica.isDamaged) replica.trust()
    await this.#seat(awaited, furthest.broker)
  }

  /** Nobody answers, and nothing obliges it to wait. */
  async #goOn(replica: Replica): Promise<void> {
    await this.#parts.goesOnDamaged(replica)
    replica.trust()
  }

  async #seat({ topic, partition }: Awaited, leader: BrokerId): Promise<void> {
    const { coordinator, self: brokerId, incarnation } = this.#parts
    const { index, partitionEpoch } = partition
    const asked = { brokerId, incarnation, topicId: topic.id, partition: index, partitionEpoch, leader }
    try {
      await coordinator.submit('seatLeader', asked)
    } catch (error) {
      if (!(error instanceof CoordinatorUnavailable)) throw error
    }
  }
}

interface LogEnd {
  readonly broker: BrokerId
  readonly position: LogPosition
}

/** The first of those whose logs are the most complete; a damaged `own` only if no other is as complete. */
function furthestOf(own: LogEnd, others: readonly LogEnd[], isDamaged: boolean): LogEnd {
  let furthest = own
  for (const end of others) if (!isUpToDate(furthest.position, end.position)) furthest = end
  if (!isDamaged || furthest !== own) return furthest
  return others.find(({ position }) => isUpToDate(position, own.position)) ?? own
}

const positionOf = ({ log }: Replica): LogPosition => ({ lastEpoch: log.lastEpoch, endOffset: log.storedUpTo })
