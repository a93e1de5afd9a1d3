import type { HostedPartitions } from '../broker/hosted-partitions.ts'
import { isGivenUp } from '../metadata/controller/give-up-copies.ts'
import { type Coordinator, CoordinatorUnavailable } from '../metadata/coordinator/coordinator.ts'
import type { PartitionImage, TopicImage } from '../metadata/image.ts'
import type { Replica } from '../replica/replica.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Counter, Metrics } from '../runtime/metrics.ts'
import { rest } from '../runtime/rest.ts'
import type { SuspectsInFolder } from './suspect-replicas.ts'

const againMs = 100
/** How often a replica that nobody could lead in place of asks whether that has changed. */
const keptAgainMs = 1_000

interface Parts {
  readonly coordinator: Coordinator
  readonly partitions: HostedPartitions
  readonly suspects: SuspectsInFolder
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly self: BrokerId
  readonly incarnation: string
  /** A primary whose log is damaged is to be led for a while. */
  primaryIsDamaged(replica: Replica): void
}

/**
 * Sees to it that damaged replicas are repaired. What is damaged is cut off, and fetched again from the leader; but only once
 * nobody counts on the copy any more: it is suspect, durably, and whoever decides on leaders has been told. One that leads has to
 * be led first: by another in sync, by whom the others elect, or by the backup of a primary.
 */
export class DamagedReplicas {
  readonly #parts: Parts
  readonly #underWay = new Set<Replica>()
  readonly #found: Counter
  readonly #repaired: Counter
  #isClosed = false

  constructor(parts: Parts) {
    this.#parts = parts
    const { metrics } = parts
    this.#found = metrics.counter({
      name: 'trilog_damaged_replicas_total',
      help: 'Replicas whose logs were found to be damaged.',
    })
    this.#repaired = metrics.counter({
      name: 'trilog_repaired_replicas_total',
      help: 'Damaged replicas that have everything again.',
    })
  }

  close(): void {
    this.#isClosed = true
  }

  /** To be called once the broker is alive. */
  lookAtAll(): void {
    for (const replica of this.#parts.partitions.all()) {
      // Of those without others in their group the start has written receipts.
      if (replica.isDamaged && !this.#isAlone(replica)) this.look(replica)
    }
  }

  /** A log is damaged, since now or since the start. */
  look(replica: Replica): void {
    if (this.#isClosed || this.#underWay.has(replica)) return
    this.#underWay.add(replica)
    void this.#seeTo(replica).finally(() => this.#underWay.delete(replica))
  }

  async #seeTo(replica: Replica): Promise<void> {
    const { suspects, logger } = this.#parts
    const { topic, partition } = replica
    this.#found.add()
    const isAlone = this.#isAlone(replica)
    while (!(await suspects.isDamaged(replica, { isAlone })) && !this.#isClosed)
      await rest(this.#parts.clock, keptAgainMs)
    // What its only replica has lost nobody else has.
    while (!isAlone && !this.#isClosed && replica.log.fault === null) {
      const image = this.#imageOf(replica)
      if (image === null) return
      if (!replica.isDamaged && !replica.isSuspect && !this.#isGivenUp(image)) {
        this.#repaired.add()
        logger.info({ topic, partition }, 'a damaged replica is repaired')
        return
      }
      const isKept = !(await this.#step(replica, image))
      await rest(this.#parts.clock, isKept ? keptAgainMs : againMs)
    }
  }

  /** False: for the time being it is kept as it is. */
  async #step(replica: Replica, image: { topic: TopicImage; partition: PartitionImage }): Promise<boolean> {
    const { self } = this.#parts
    const { leader, replicas } = image.partition
    switch (replica.scheme.elect) {
      case 'self':
        replica.repair()
        return true
      case 'fixed':
        if (leader !== self && leader !== -1) replica.repair()
        if (replicas[0] === self) this.#parts.primaryIsDamaged(replica)
        return true
      case 'coordinator':
        if (!this.#isGivenUp(image)) return await this.#submit('giveUpCopies', image)
        if (!replica.isDamaged && !replica.isSuspect) return await this.#submit('takeBackCopies', image)
        replica.repair()
        return true
      default:
        return replica.scheme.elect satisfies never
    }
  }

  #isAlone(replica: Replica): boolean {
    return this.#imageOf(replica)?.partition.replicas.length === 1
  }

  #isGivenUp({ partition }: { partition: PartitionImage }): boolean {
    return isGivenUp(partition, this.#parts.self)
  }

  /** Null: it is gone. */
  #imageOf(replica: Replica): { topic: TopicImage; partition: PartitionImage } | null {
    const { coordinator, partitions } = this.#parts
    const topic = coordinator.image.topics.get(replica.topic)
    const partition = topic?.partitions[replica.partition]
    const isMine = partitions.get(replica.topic, replica.partition) === replica
    return isMine && topic !== undefined && partition !== undefined ? { topic, partition } : null
  }

  async #submit(
    operation: 'giveUpCopies' | 'takeBackCopies',
    { topic, partition }: { topic: TopicImage; partition: PartitionImage },
  ): Promise<boolean> {
    const { coordinator, self: brokerId, incarnation } = this.#parts
    const partitions = [{ topicId: topic.id, partition: partition.index }]
    try {
      const [isDone] = await coordinator.submit(operation, { brokerId, incarnation, partitions })
      return isDone === true
    } catch (error) {
      if (!(error instanceof CoordinatorUnavailable)) throw error
      return true
    }
  }
}
