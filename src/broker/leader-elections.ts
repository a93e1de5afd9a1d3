import { inParallel } from '../log/log-directory-workers.ts'
import {
  allPartitions,
  type ElectedPartition,
  type ElectionOutcome,
  type ElectLeaders,
  type PartitionName,
} from '../metadata/controller/elect-leaders.ts'
import type { Coordinator } from '../metadata/coordinator/coordinator.ts'
import type { PartitionImage, TopicImage } from '../metadata/image.ts'
import { unbalanced } from '../metadata/leader-imbalance.ts'
import type { HandOvers } from '../replica/hand-overs.ts'
import type { HandedOver } from '../replica/self-elected.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { HostedPartitions } from './hosted-partitions.ts'
import type { UncleanElections, UncleanOutcome } from './unclean-elections.ts'

/** Leaders that are asked at once to hand over. */
const asksAtOnce = 16

/** What somebody asks for, and the partition that it is: for a queue that of its commit log. */
type SelfElecting = { readonly asked: PartitionName; readonly topic: TopicImage; readonly partition: PartitionImage }

const whyKept: Record<Exclude<HandedOver, 'handed-over'>, string> = {
  'not-leader': 'the leader that is known does not lead any more, or cannot be asked',
  unfit: 'it has not all that the leader has, or may have lost something',
  kept: 'it was not elected in time, and the leader goes on',
}

const whyNobody: Record<Exclude<UncleanOutcome, 'elected' | 'led'>, string> = {
  nobody: 'none of its replicas is alive and has a log that can be used, or its roles are fixed',
  unknown: 'living replicas did not say in time how far they are',
}

const isWithoutLeader = ({ code }: ElectionOutcome): boolean => code === 'eligible-leaders-not-available'

/**
 * Elections that somebody asks for: the coordinator decides where it picks the leaders, and where replicas elect them
 * themselves the present one is asked to hand over, also while nobody decides on the metadata.
 */
export class LeaderElections {
  readonly #coordinator: Coordinator
  readonly #partitions: HostedPartitions
  readonly #handOvers: HandOvers
  readonly #unclean: Pick<UncleanElections, 'elect'>

  constructor(parts: {
    coordinator: Coordinator
    partitions: HostedPartitions
    handOvers: HandOvers
    unclean: Pick<UncleanElections, 'elect'>
  }) {
    this.#coordinator = parts.coordinator
    this.#partitions = parts.partitions
    this.#handOvers = parts.handOvers
    this.#unclean = parts.unclean
  }

  /** As `electLeaders` of the controller; in the order of the request, where it names partitions. */
  async elect({ type, partitions }: ElectLeaders): Promise<readonly ElectedPartition[]> {
    const own = (partitions ?? allPartitions(this.#coordinator.image)).flatMap(
      (name) => this.#electingItself(name) ?? [],
    )
    const isOwn = (name: PartitionName): boolean => this.#electingItself(name) !== null
    const others = partitions?.filter((name) => !isOwn(name)) ?? null
    const decided =
      others?.length === 0 ? [] : await this.#coordinator.submit('electLeaders', { type, partitions: others })
    const outcomes = new Map<string, ElectedPartition>()
    for (const one of decided) if (partitions !== null || !isOwn(one)) outcomes.set(keyOf(one), one)
    const leaderless = type === 'unclean' ? decided.filter(({ outcome }) => isWithoutLeader(outcome)) : []
    await inParallel(leaderless, asksAtOnce, async (name) => {
      outcomes.set(keyOf(name), { ...name, outcome: await this.#electUnclean(name) })
    })
    const handedOver = new Map<PartitionImage, Promise<ElectionOutcome>>()
    await inParallel(own, asksAtOnce, async ({ asked, topic, partition }) => {
      const ending = handedOver.get(partition) ?? this.#handOver(type, topic, partition)
      handedOver.set(partition, ending)
      const outcome = await ending
      if (partitions !== null || outcome.code !== 'election-not-needed')
        outcomes.set(keyOf(asked), { ...asked, outcome })
    })
    return partitions === null ? [...outcomes.values()] : partitions.flatMap((name) => outcomes.get(keyOf(name)) ?? [])
  }

  /**
   * Gives leaderships of this broker back to preferred replicas, of brokers for which more than so many percent of what they ought to
   * lead is led by others.
   */
  async giveBack(self: BrokerId, percentage: number): Promise<void> {
    const { image } = this.#coordinator
    const led = [...image.topics.values()].flatMap((topic) => {
      if (!this.#partitions.electsItself(topic.name)) return []
      return topic.partitions.filter(hasLeader).map((partition) => {
        const { leader } = this.#partitions.leaderOf(topic, partition)
        return { topic, partition, leader, preferred: partition.replicas[0] ?? -1 }
      })
    })
    const mine = unbalanced(led, percentage).filter(({ leader }) => leader === self)
    await inParallel(mine, asksAtOnce, async ({ topic, partition, preferred }) => {
      await this.#handOvers.ask(self, { topicId: topic.id, partition: partition.index }, preferred)
    })
  }

  async #handOver(type: ElectLeaders['type'], topic: TopicImage, partition: PartitionImage): Promise<ElectionOutcome> {
    const name = `${topic.name}-${partition.index}`
    const { leader } = this.#partitions.leaderOf(topic, partition)
    const [preferred = -1] = partition.replicas
    if (leader === preferred || (type === 'unclean' && leader !== -1)) {
      return { code: 'election-not-needed', message: `broker ${leader} leads ${name} already` }
    }
    if (type === 'unclean') {
      const message = `more than half of the replicas of ${name} have to elect its leader`
      return { code: 'eligible-leaders-not-available', message }
    }
    const group = { topicId: topic.id, partition: partition.index }
    const outcome = leader === -1 ? 'not-leader' : await this.#handOvers.ask(leader, group, preferred)
    if (outcome === 'handed-over') return { code: 'elected' }
    const message = `broker ${preferred} cannot be made to lead ${name}: ${whyKept[outcome]}`
    return { code: 'preferred-leader-not-available', message }
  }

  async #electUnclean({ topic, partition }: PartitionName): Promise<ElectionOutcome> {
    const outcome = await this.#unclean.elect({ topic, partition })
    const name = `${topic}-${partition}`
    if (outcome === 'elected') return { code: 'elected' }
    if (outcome === 'led') return { code: 'election-not-needed', message: `${name} has a leader by now` }
    return {
      code: 'eligible-leaders-not-available',
      message: `nobody can be made to lead ${name}: ${whyNobody[outcome]}`,
    }
  }

  #electingItself(asked: PartitionName): SelfElecting | null {
    const holder = this.#coordinator.image.holderOf(asked.topic, asked.partition)
    return holder === null || !this.#partitions.electsItself(asked.topic) ? null : { asked, ...holder }
  }
}

/** Queues have that of their commit log. */
const hasLeader = ({ group }: PartitionImage): boolean => group === null

const keyOf = ({ topic, partition }: PartitionName): string => `${topic}:${partition}`
