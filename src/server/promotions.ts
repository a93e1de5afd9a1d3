import type { PromotedPartition, Promoter, PromotionOutcome } from '../broker/promoter.ts'
import { MalformedInput } from '../codec/malformed-input.ts'
import { groupOfPartition } from '../metadata/controller/dealt-groups.ts'
import { topicsOfGroup } from '../metadata/controller/broker-groups.ts'
import { type Coordinator, CoordinatorUnavailable } from '../metadata/coordinator/coordinator.ts'
import type { PartitionImage, TopicImage } from '../metadata/image.ts'
import { isBeingPromoted } from '../metadata/partition-state.ts'
import { decodeAskBody, encodeAskBody } from '../peer/ask-bodies.ts'
import { AskFailed, type Asks } from '../peer/asks.ts'
import type { GroupName } from '../replica/replication-groups.ts'
import type { LeaderEpoch } from '../record/offset.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { Clock } from '../runtime/clock.ts'
import { rest } from '../runtime/rest.ts'
import type { Takeovers } from './takeovers.ts'

const subject = 'promotion'
/** How long the promoted one waits for others to promise and to answer. */
const patienceMs = 1_500
const againMs = 50

interface Begun extends GroupName {
  /** The epoch that all are to promise. */
  readonly epoch: LeaderEpoch
  readonly unclean: boolean
}

interface Parts {
  readonly coordinator: Coordinator
  readonly takeovers: Takeovers
  readonly asks: Asks
  readonly clock: Clock
  readonly self: BrokerId
}

/**
 * Promotes backups, on the broker that an operator has asked: has the coordinator begin, waits for the promoted one to have asked enough of
 * the others, and takes it all back where it could not.
 */
export class Promotions implements Promoter {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
    parts.asks.answer(subject, async (_from, body) => encodeAskBody(await this.#watch(decodeAskBody(body) as Begun)))
  }

  async promote(wanted: Parameters<Promoter['promote']>[0]): Promise<PromotionOutcome> {
    const { broker, unclean } = wanted
    const { coordinator } = this.#parts
    // A queue has the primary of its commit log.
    const holder = coordinator.image.holderOf(wanted.topic, wanted.partition)
    const [topicId, partition] = [holder?.topic.id ?? '', holder?.partition.index ?? wanted.partition]
    try {
      const begun = await coordinator.submit('promoteReplica', { topicId, partition, broker })
      if (begun.code === 'leads-already') return { code: 'leads', leaderEpoch: begun.leaderEpoch }
      if (begun.code !== 'begun') return begun
      const { leaderEpoch, before } = begun
      const outcome = await this.#asked(broker, { topicId, partition, epoch: leaderEpoch, unclean })
      if ('leaderEpoch' in outcome) return outcome
      await coordinator.submit('withdrawPromotion', { topicId, partition, broker, leaderEpoch, before })
      return outcome
    } catch (error) {
      if (error instanceof CoordinatorUnavailable) return { code: 'unavailable', message: error.message }
      throw error
    }
  }

  async promoteIn(wanted: Parameters<Promoter['promoteIn']>[0]): Promise<readonly PromotedPartition[] | null> {
    const { group, broker, unclean } = wanted
    const { coordinator } = this.#parts
    const { image } = coordinator
    if (image.brokerGroups.get(group)?.members.includes(broker) !== true) return null
    const log = image.commitLog(group)
    const names = topicsOfGroup(image, group).flatMap((topic) =>
      (image.topics.get(topic)?.partitions ?? [])
        .filter((one) => one.group === null && groupOfPartition(image, topic, one.index)?.name === group)
        .map(({ index: partition }) => ({ topic, partition })),
    )
    if (log !== null) names.push({ topic: log.topic.name, partition: 0 })
    const outcomes = await Promise.all(
      names.map(async (name) => ({ ...name, outcome: await this.promote({ ...name, broker, unclean }) })),
    )
    const promoted = outcomes.filter(({ outcome }) => outcome.code !== 'not-fixed')
    // A group half of which has another primary stays in its order: it is to be asked again.
    if (promoted.every(({ outcome }) => 'leaderEpoch' in outcome)) {
      await coordinator.submit('orderBrokerGroup', { name: group, first: broker })
    }
    return promoted
  }

  async #asked(broker: BrokerId, begun: Begun): Promise<PromotionOutcome> {
    const { asks, self } = this.#parts
    if (broker === self) return this.#watch(begun)
    try {
      return decodeAskBody(await asks.ask(broker, subject, encodeAskBody(begun), patienceMs * 2)) as PromotionOutcome
    } catch (error) {
      if (!(error instanceof AskFailed || error instanceof MalformedInput)) throw error
      return { code: 'too-few-answers', message: `broker ${broker} did not say what came of it: ${error.message}` }
    }
  }

  /** What comes of a promotion of this broker's own replica, for as long as its patience lasts. */
  async #watch(begun: Begun): Promise<PromotionOutcome> {
    const { clock, takeovers, self } = this.#parts
    const startMs = clock.monotonicMs()
    // Whoever can be heard in time is heard, also where the operator does not insist on it.
    const untilMs = startMs + (begun.unclean ? patienceMs * 1.2 : patienceMs)
    for (;;) {
      const found = this.#find(begun)
      const waitedMs = clock.monotonicMs() - startMs
      const isLate = startMs + waitedMs >= untilMs
      if (found !== null) {
        const { leader, leaderEpoch } = found.partition
        if (leader === self) return { code: 'leads', leaderEpoch }
        const isMine = isBeingPromoted(found.partition) && found.partition.replicas[0] === self
        if (!isMine && leaderEpoch > begun.epoch)
          return { code: 'superseded', message: 'it was given another order since' }
        if (leader !== -1 && isLate) return { code: 'catches-up', leaderEpoch }
        if (begun.unclean && waitedMs >= patienceMs && leaderEpoch === begun.epoch) takeovers.allowUnclean(found)
        if (isLate) return tooFew(takeovers.heardOf(found))
      } else if (isLate) return { code: 'unknown-partition', message: 'there is no such partition' }
      await rest(clock, againMs)
    }
  }

  /** Null: this broker's image is behind, or the topic is gone. */
  #find(begun: Begun): { topic: TopicImage; partition: PartitionImage } | null {
    const topic = this.#parts.coordinator.image.topicById(begun.topicId)
    const partition = topic?.partitions[begun.partition]
    return topic === null || partition === undefined || partition.leaderEpoch < begun.epoch
      ? null
      : { topic, partition }
  }
}

function tooFew(heard: { heard: number; needed: number } | null): PromotionOutcome {
  const counted =
    heard === null ? 'nobody has answered' : `${heard.heard} whole copies have answered, ${heard.needed} are needed`
  const message = `${counted}: acknowledged records may be on those that are away (--unclean goes on without them)`
  return { code: 'too-few-answers', message }
}
