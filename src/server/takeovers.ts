import type { MaybeLost } from './accept-suspects.ts'
import type { PartitionImage, TopicImage } from '../metadata/image.ts'
import type { Asks } from '../peer/asks.ts'
import type { Replica } from '../replica/replica.ts'
import { furthestOf, isAskedEnough, type PromisedEnd } from '../replication/elect/promotion.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { Logger } from '../runtime/logger.ts'
import { askLogEnd } from './log-ends.ts'

interface Awaited {
  readonly topic: TopicImage
  readonly partition: PartitionImage
}

/** How many whole copies a promotion has heard of, and how many it needs. */
export interface Heard {
  readonly heard: number
  readonly needed: number
}

/**
 * Takes the place of a primary, on the broker that is promoted: asks the others how far they are, once each has promised to follow
 * nobody of an earlier epoch, and says who is to lead next. That is itself when nobody has more; else whoever has the longest log,
 * until it has all of that.
 */
export class Takeovers {
  readonly #asks: Asks
  readonly #self: BrokerId
  readonly #logger: Logger
  readonly #syncBackupsOf: (topic: string) => number
  readonly #note: (lost: MaybeLost) => Promise<void>
  readonly #uncleanIn = new Map<string, number>()
  readonly #noted = new Map<string, number>()
  readonly #heard = new Map<string, Heard>()

  constructor(parts: {
    asks: Asks
    self: BrokerId
    logger: Logger
    syncBackupsOf: (topic: string) => number
    /** Writes a receipt: from that position on records may be lost. */
    note: (lost: MaybeLost) => Promise<void>
  }) {
    this.#asks = parts.asks
    this.#self = parts.self
    this.#logger = parts.logger
    this.#syncBackupsOf = parts.syncBackupsOf
    this.#note = parts.note
  }

  /** An operator has said that the promotion of that epoch is to go on with whoever answers. */
  allowUnclean({ topic, partition }: Awaited): void {
    this.#uncleanIn.set(keyOf(topic, partition), partition.leaderEpoch)
  }

  /** What the last round has heard. */
  heardOf({ topic, partition }: Awaited): Heard | null {
    return this.#heard.get(keyOf(topic, partition)) ?? null
  }

  /** Who is to lead now; null: nobody yet. To be asked again and again, on the image as it is. */
  async nextLeader(replica: Replica, awaited: Awaited): Promise<BrokerId | null> {
    if (awaited.partition.leader !== -1) return this.#hasAll(replica, awaited.partition) ? this.#self : null
    return this.#ask(replica, awaited)
  }

  /** Whoever leads takes no writes: behind the entry that opens its epoch there is nothing. */
  #hasAll({ log, epoch, isSuspect }: Replica, { leaderEpoch }: PartitionImage): boolean {
    return !isSuspect && epoch === leaderEpoch && log.lastEpoch === leaderEpoch && log.storedUpTo === log.logEndOffset
  }

  async #ask(replica: Replica, { topic, partition }: Awaited): Promise<BrokerId | null> {
    const { leaderEpoch: epoch, inSync, replicas, eligible } = partition
    await replica.settled()
    if (replica.epoch !== epoch) return null
    const whole = replicas.filter((broker) => inSync.includes(broker))
    const asked = { topicId: topic.id, partition: partition.index, epoch }
    const told = await Promise.all(
      whole.filter((broker) => broker !== this.#self).map((broker) => askLogEnd(this.#asks, broker, asked)),
    )
    // Of equal ones the first is taken: the promoted one needs nobody then.
    const own = whole.includes(this.#self) ? ownEnd(this.#self, replica) : null
    const answers = [own, ...told].filter((answer) => answer !== null)
    const key = keyOf(topic, partition)
    const syncBackups = this.#syncBackupsOf(topic.name)
    this.#heard.set(key, { heard: answers.length, needed: replicas.length - syncBackups })
    const furthest = furthestOf(answers)
    const former = eligible[1] ?? -1
    const isEnough = isAskedEnough({ replicas: replicas.length, syncBackups, former, answers })
    if (furthest === null || (!isEnough && this.#uncleanIn.get(key) !== epoch)) return null
    const facts = { topic: topic.name, partition: partition.index, heard: answers.length, furthest }
    this.#logger.info(facts, 'a promotion has asked the others how far they are')
    if (!isEnough && this.#noted.get(key) !== epoch) {
      const why = `promoted by an operator with ${answers.length} of ${replicas.length - syncBackups} answers`
      const { name, id: topicId } = topic
      await this.#note({ topic: name, topicId, partition: partition.index, position: furthest.position, why })
      this.#noted.set(key, epoch)
    }
    return furthest.broker
  }
}

function ownEnd(broker: BrokerId, { log, isSuspect }: Replica): PromisedEnd | null {
  if (isSuspect || log.fault !== null) return null
  return { broker, position: { lastEpoch: log.lastEpoch, endOffset: log.storedUpTo } }
}

const keyOf = (topic: TopicImage, { index }: PartitionImage): string => `${topic.id}:${index}`
