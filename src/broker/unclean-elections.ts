import type { LiveConfigs } from './live-configs.ts'
import type { PartitionName } from '../metadata/controller/elect-leaders.ts'
import { CoordinatorUnavailable } from '../metadata/coordinator/coordinator.ts'
import type { EmbeddedCoordinator } from '../metadata/coordinator/embedded.ts'
import type { PartitionImage, TopicImage } from '../metadata/image.ts'
import type { Asks } from '../peer/asks.ts'
import { furthestOf } from '../replication/elect/unclean.ts'
import { schemeOf } from '../replication/schemes.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import { rest } from '../runtime/rest.ts'
import { askCandidate, askToTakeOver } from './unclean-candidates.ts'

/** How often it is tried again while living replicas have not said how far they are. */
const againMs = 200
/** How long somebody who has asked for it waits. */
const onDemandMs = 3_000

/** `led`: somebody leads, or may without a loss. `unknown`: living replicas did not say how far they are. */
export type UncleanOutcome = 'elected' | 'led' | 'nobody' | 'unknown'

interface Leaderless {
  readonly topic: TopicImage
  readonly partition: PartitionImage
}

/**
 * Elections of replicas that are not in sync, where nobody else may lead: the one with the longest log of those that live, once all of
 * these have said how far they are. It writes a receipt of what may be lost before it is elected. On the process that decides they
 * happen by themselves where `unclean.leader.election.enable` says so, after the time of a session, in which whoever is in sync may come
 * back; on any process on demand.
 */
export class UncleanElections {
  readonly #coordinator: EmbeddedCoordinator
  readonly #configs: LiveConfigs
  readonly #asks: Asks
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #graceMs: number
  /** Since when partitions have been seen without a leader, by the monotonic clock; by their ids. */
  readonly #since = new Map<string, number>()
  readonly #underWay = new Set<string>()
  #timer: Timer | null = null
  #isClosed = false

  constructor(parts: {
    coordinator: EmbeddedCoordinator
    configs: LiveConfigs
    asks: Asks
    clock: Clock
    logger: Logger
    graceMs: number
  }) {
    this.#coordinator = parts.coordinator
    this.#configs = parts.configs
    this.#asks = parts.asks
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#graceMs = parts.graceMs
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  /** To be called whenever this process has become the one that decides, or the image has changed. */
  look(): void {
    if (this.#isClosed || !this.#coordinator.decides) return this.#since.clear()
    const nowMs = this.#clock.monotonicMs()
    const seen = new Set<string>()
    for (const { topic, partition } of this.#leaderless()) {
      const key = keyOf(topic, partition)
      seen.add(key)
      if (!this.#since.has(key)) this.#since.set(key, nowMs)
      const isDue = nowMs - (this.#since.get(key) ?? nowMs) >= this.#graceMs
      if (!isDue || this.#underWay.has(key)) continue
      this.#underWay.add(key)
      void this.#tryOnce({ topic: topic.name, partition: partition.index }).finally(() => this.#underWay.delete(key))
    }
    for (const key of this.#since.keys()) if (!seen.has(key)) this.#since.delete(key)
    if (seen.size > 0) this.#lookLater()
  }

  /** On demand: whatever the setting says. Rejects with `CoordinatorUnavailable` as every change does. */
  async elect(name: PartitionName): Promise<UncleanOutcome> {
    const untilMs = this.#clock.monotonicMs() + onDemandMs
    for (;;) {
      const outcome = await this.#elect(name)
      if (outcome !== 'unknown' || this.#clock.monotonicMs() >= untilMs) return outcome
      await rest(this.#clock, againMs)
    }
  }

  *#leaderless(): Iterable<Leaderless> {
    for (const topic of this.#coordinator.image.topics.values()) {
      let allows: boolean | null = null
      for (const partition of topic.partitions) {
        if (partition.leader !== -1 || partition.replicas.length < 2) continue
        allows ??= this.#allows(topic.name)
        if (allows) yield { topic, partition }
      }
    }
  }

  #allows(topic: string): boolean {
    const settings = this.#configs.topic(topic)
    return settings.uncleanLeaderElectionEnable && schemeOf(settings).elect === 'coordinator'
  }

  #lookLater(): void {
    if (this.#timer !== null) return
    this.#timer = this.#clock.setTimer(againMs, () => {
      this.#timer = null
      this.look()
    })
  }

  async #tryOnce(name: PartitionName): Promise<void> {
    try {
      await this.#elect(name)
    } catch (error) {
      // Whoever decides next looks as well.
      if (!(error instanceof CoordinatorUnavailable)) throw error
    }
  }

  async #elect({ topic: name, partition: index }: PartitionName): Promise<UncleanOutcome> {
    const { image } = this.#coordinator
    const topic = image.topics.get(name)
    const partition = topic?.partitions[index]
    if (topic === undefined || partition === undefined || partition.leader !== -1) return 'led'
    if (schemeOf(this.#configs.topic(name)).elect !== 'coordinator') return 'nobody'
    const { partitionEpoch } = partition
    const asked = { topicId: topic.id, partition: index, partitionEpoch }
    const living = partition.replicas.filter((broker) => image.isAlive(broker))
    const answers = await Promise.all(living.map((broker) => askCandidate(this.#asks, broker, asked)))
    if (answers.includes('not yet')) return 'unknown'
    const candidates = answers.flatMap((answer) => (typeof answer === 'string' ? [] : [answer]))
    const furthest = furthestOf(candidates)
    if (furthest === null) return 'nobody'
    const facts = { topic: name, partition: index, leader: furthest.broker, ...furthest.position }
    this.#logger.warn(facts, 'a replica that is not in sync is to lead: what it lacks is lost')
    if (!(await askToTakeOver(this.#asks, furthest.broker, asked))) return 'unknown'
    const { elected } = await this.#coordinator.submit('electUnclean', { ...asked, leader: furthest.broker })
    return elected ? 'elected' : 'unknown'
  }
}

const keyOf = (topic: TopicImage, { index }: PartitionImage): string => `${topic.id}:${index}`
