import { type Coordinator, CoordinatorUnavailable } from '../metadata/coordinator/coordinator.ts'
import type { RegisterBroker } from '../metadata/controller/register-broker.ts'
import type { UnfenceBroker } from '../metadata/controller/unfence-broker.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import { rest } from '../runtime/rest.ts'

/** How long a broker that stops waits for others to take over what it leads. */
const leaveMs = 2_000
const againMs = 100

/** The broker is to stop, and waits for nothing any more. */
class GivenUp extends Error {
  constructor() {
    super('it was told to stop while it waited for the metadata log')
    this.name = 'GivenUp'
  }
}

/**
 * A broker's life in its cluster: registered (fenced) → alive, once its logs are open → fenced, when others lost touch with it →
 * alive again, when it hears of that → fenced, before it stops.
 */
export class BrokerLifecycle {
  readonly #coordinator: Coordinator
  readonly #registration: RegisterBroker
  readonly #isHopeless: () => boolean
  readonly #clock: Clock
  readonly #logger: Logger
  #wantsToLive = false
  #isAsking = false
  #onGivenUp: (reason: Error) => void = () => {}
  #hasGivenUp = false
  readonly #givenUp: Promise<never>

  constructor(parts: {
    coordinator: Coordinator
    registration: RegisterBroker
    /** Whether this process can never take part again: its own metadata log has failed. */
    isHopeless: () => boolean
    clock: Clock
    logger: Logger
  }) {
    this.#coordinator = parts.coordinator
    this.#isHopeless = parts.isHopeless
    this.#registration = parts.registration
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#givenUp = new Promise((_resolve, reject) => {
      this.#onGivenUp = reject
    })
    // It is no error where nobody waits any more.
    this.#givenUp.catch(() => {})
  }

  /** Whoever waits for the registration, or for the broker to be alive, does so no longer, for this reason. */
  giveUp(reason: Error = new GivenUp()): void {
    this.#hasGivenUp = true
    this.#onGivenUp(reason)
  }

  /** Resolves once this process is registered, and its image knows it: that may take until there are enough others. */
  async register(): Promise<void> {
    await this.#untilDone('registerBroker', () => this.#coordinator.submit('registerBroker', this.#registration))
  }

  /** Resolves once the broker is alive in its own image. */
  async unfence(suspects: UnfenceBroker['suspects']): Promise<void> {
    const { brokerId, incarnation } = this.#registration
    this.#wantsToLive = true
    this.#isAsking = true
    try {
      await this.#untilDone('unfenceBroker', () =>
        this.#coordinator.submit('unfenceBroker', { brokerId, incarnation, suspects }),
      )
    } finally {
      this.#isAsking = false
    }
  }

  /** To be called when the image has changed: a broker that was fenced while it lived comes back. */
  imageChanged(): void {
    const { brokerId, incarnation } = this.#registration
    const broker = this.#coordinator.image.brokers.get(brokerId)
    if (!this.#wantsToLive || this.#isAsking || broker?.incarnation !== incarnation || !broker.fenced) return
    this.#logger.warn({ broker: brokerId }, 'this broker was taken for gone: it comes back')
    this.unfence([]).catch((error: unknown) => {
      if (!this.#hasGivenUp) throw error
    })
  }

  /** Has others lead what this broker leads, if they can be found in time. */
  async leave(): Promise<void> {
    const { brokerId, incarnation } = this.#registration
    this.#wantsToLive = false
    this.giveUp()
    // Alone there is nobody to take over; perhaps nobody to decide on it either.
    if (!this.#coordinator.image.living.some(({ id }) => id !== brokerId)) return
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimer(leaveMs, resolve)
      this.#coordinator
        .submit('fenceBroker', { brokerId, incarnation })
        .then(
          () => {},
          (error: unknown) => {
            if (!(error instanceof CoordinatorUnavailable)) throw error
          },
        )
        .finally(() => {
          timer.cancel()
          resolve()
        })
    })
  }

  async #untilDone(what: string, submit: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await Promise.race([submit(), this.#givenUp])
        return
      } catch (error) {
        if (!(error instanceof CoordinatorUnavailable) || this.#isHopeless()) throw error
        this.#logger.warn({ what, because: error.message }, 'the metadata log cannot be asked; it is tried again')
        await Promise.race([rest(this.#clock, againMs), this.#givenUp])
      }
    }
  }
}
