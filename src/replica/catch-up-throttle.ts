import type { Clock } from '../runtime/clock.ts'

const pieceBytesLeast = 16 * 1024
/** Asked again after so long at most: the rate may have been changed meanwhile. */
const waitMaxMs = 1_000

/**
 * How fast replicas that are far behind catch up, all of a broker's together, in bytes a second. What has moved is a debt that is paid
 * off at the rate; nothing more moves before it is. So one answer of any size is always possible, and the rate holds over time.
 */
export class CatchUpThrottle {
  readonly #clock: Clock
  readonly #rate: () => number
  #debtBytes = 0
  #settledMs: number

  /** `rate`: bytes a second, as set at the moment; 0: nothing. */
  constructor(clock: Clock, rate: () => number) {
    this.#clock = clock
    this.#rate = rate
    this.#settledMs = clock.monotonicMs()
  }

  /** How long to wait before the next is moved, or it is asked again, in ms. 0: it may move now. */
  waitMs(): number {
    this.#settle()
    if (this.#rate() === 0) return waitMaxMs
    return Math.min(waitMaxMs, Math.floor((this.#debtBytes * 1000) / this.#rate()))
  }

  /** What is to be moved at once, where that can be chosen: not more than a tenth of a second allows, so that it goes evenly. */
  get pieceBytesMax(): number {
    return Math.max(pieceBytesLeast, this.#rate() / 10)
  }

  moved(bytes: number): void {
    this.#settle()
    this.#debtBytes += bytes
  }

  #settle(): void {
    const nowMs = this.#clock.monotonicMs()
    const paid = (this.#rate() * (nowMs - this.#settledMs)) / 1000
    this.#debtBytes = Math.max(0, this.#debtBytes - paid)
    this.#settledMs = nowMs
  }
}

/** What holds back copies of one replica; null: nothing does. */
export interface ReplicaThrottles {
  /** What it sends, as leader, to followers that are far behind. */
  readonly leader: CatchUpThrottle | null
  /** What it asks for, as follower, while it is far behind itself. */
  readonly follower: CatchUpThrottle | null
}

export const noThrottles: ReplicaThrottles = { leader: null, follower: null }

/** Whether a topic's list of throttled replicas, `PARTITION:BROKER` each or `*`, names that one. */
export function isThrottled(listed: readonly string[], partition: number, broker: number): boolean {
  return listed.includes('*') || listed.includes(`${partition}:${broker}`)
}
