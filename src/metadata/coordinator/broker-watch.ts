import type { PeerId } from '../../peer/peer-id.ts'
import type { Peers } from '../../peer/peers.ts'
import type { BrokerId } from '../../replication/replica-id.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/logger.ts'
import { CoordinatorUnavailable } from './coordinator.ts'
import type { EmbeddedCoordinator } from './embedded.ts'

/** How often what could not be written down is tried again. */
const againMs = 200

/**
 * Has brokers fenced that are out of touch, on the broker that decides. A broker that this process has never met gets the
 * time of a session after the start: it may be on its way.
 */
export class BrokerWatch {
  readonly #coordinator: EmbeddedCoordinator
  readonly #peers: Peers
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #sessionMs: number
  readonly #self: BrokerId
  readonly #startedMs: number
  readonly #met = new Set<BrokerId>()
  readonly #fencing = new Set<BrokerId>()
  #isClosed = false

  constructor(parts: {
    coordinator: EmbeddedCoordinator
    peers: Peers
    clock: Clock
    logger: Logger
    sessionMs: number
    self: BrokerId
  }) {
    this.#coordinator = parts.coordinator
    this.#peers = parts.peers
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#sessionMs = parts.sessionMs
    this.#self = parts.self
    this.#startedMs = parts.clock.monotonicMs()
    parts.peers.listen({
      connected: ({ broker }: PeerId) => void this.#met.add(broker),
      silent: () => this.look(),
    })
    this.#clock.setTimer(this.#sessionMs, () => this.look())
  }

  close(): void {
    this.#isClosed = true
  }

  /** To be called whenever this broker has become the one that decides, or the image has changed. */
  look(): void {
    if (!this.#coordinator.decides || this.#isClosed) return
    const isNew = this.#clock.monotonicMs() - this.#startedMs < this.#sessionMs
    for (const { id, incarnation } of this.#coordinator.image.living) {
      const isDue = this.#met.has(id) || !isNew
      if (id === this.#self || !isDue || !this.#peers.silent.has(id) || this.#fencing.has(id)) continue
      this.#fencing.add(id)
      void this.#fence(id, incarnation).finally(() => this.#fencing.delete(id))
    }
  }

  async #fence(brokerId: BrokerId, incarnation: string): Promise<void> {
    this.#logger.warn({ broker: brokerId }, 'a broker is out of touch: it is fenced')
    try {
      await this.#coordinator.submit('fenceBroker', { brokerId, incarnation })
    } catch (error) {
      if (!(error instanceof CoordinatorUnavailable)) throw error
      this.#clock.setTimer(againMs, () => this.look())
    }
  }
}
