import type { Clock, Timer } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { PartitionName } from '../controller/elect-leaders.ts'
import type { TopicRules } from '../controller/decision.ts'
import { unbalanced } from '../leader-imbalance.ts'
import { CoordinatorUnavailable } from './coordinator.ts'
import type { EmbeddedCoordinator } from './embedded.ts'

/** Elections of one look, as in Kafka: what is left over waits for the next. */
const electionsMax = 1_000

export interface BalanceSettings {
  readonly autoLeaderRebalanceEnable: boolean
  readonly leaderImbalanceCheckIntervalSeconds: number
  readonly leaderImbalancePerBrokerPercentage: number
}

/** Has preferred replicas lead again after failovers, on the process that decides, where it is the one that picks leaders. */
export class LeaderBalance {
  readonly #coordinator: EmbeddedCoordinator
  readonly #rulesOf: (topic: string) => TopicRules
  readonly #settings: BalanceSettings
  readonly #clock: Clock
  readonly #logger: Logger
  #timer: Timer | null = null

  constructor(parts: {
    coordinator: EmbeddedCoordinator
    rulesOf: (topic: string) => TopicRules
    settings: BalanceSettings
    clock: Clock
    logger: Logger
  }) {
    this.#coordinator = parts.coordinator
    this.#rulesOf = parts.rulesOf
    this.#settings = parts.settings
    this.#clock = parts.clock
    this.#logger = parts.logger
    if (parts.settings.autoLeaderRebalanceEnable) this.#lookLater()
  }

  close(): void {
    this.#timer?.cancel()
  }

  #lookLater(): void {
    const everyMs = this.#settings.leaderImbalanceCheckIntervalSeconds * 1_000
    this.#timer = this.#clock.setTimer(everyMs, () => {
      this.#lookLater()
      void this.#look()
    })
  }

  async #look(): Promise<void> {
    if (!this.#coordinator.decides) return
    const partitions = this.#led()
    const away = unbalanced(partitions, this.#settings.leaderImbalancePerBrokerPercentage)
    const asked = away.filter(({ isFit }) => isFit).slice(0, electionsMax)
    if (asked.length === 0) return
    this.#logger.info({ partitions: asked.length }, 'preferred replicas are to lead again')
    try {
      await this.#coordinator.submit('electLeaders', { type: 'preferred', partitions: asked })
    } catch (error) {
      // Somebody else decides by now, and looks as well.
      if (!(error instanceof CoordinatorUnavailable)) throw error
    }
  }

  /** All whose leaders are picked here; `isFit`: the preferred replica may lead. */
  #led(): (PartitionName & { preferred: number; leader: number; isFit: boolean })[] {
    const { image } = this.#coordinator
    return [...image.topics.values()].flatMap(({ name: topic, partitions }) => {
      if (this.#rulesOf(topic).elect !== 'coordinator') return []
      return partitions.map(({ index: partition, replicas, inSync, leader }) => {
        const [preferred = -1] = replicas
        return { topic, partition, preferred, leader, isFit: inSync.includes(preferred) && image.isAlive(preferred) }
      })
    })
  }
}
