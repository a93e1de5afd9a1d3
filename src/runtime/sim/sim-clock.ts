import type { Clock, Timer } from '../clock.ts'
import type { SimLife } from './sim-life.ts'

/** Virtual time begins here: 2026-01-01T00:00:00Z in ms since 1970. */
const simEpochMs = 1_767_225_600_000

/** How a node's clock differs from the world's. Survives its crashes. */
export interface ClockSkew {
  /** Added to the wall clock, in ms; may be changed at any time. */
  offsetMs: number
  /** Speed of the node's clock against the world's; timers follow it. */
  readonly rate: number
  /** What the monotonic clock showed when the world began. */
  readonly monotonicStartMs: number
}

export class SimClock implements Clock {
  readonly #life: SimLife
  readonly #skew: ClockSkew

  constructor(life: SimLife, skew: ClockSkew) {
    this.#life = life
    this.#skew = skew
  }

  nowMs(): number {
    return Math.floor(simEpochMs + this.#skew.offsetMs + this.#life.world.nowMs * this.#skew.rate)
  }

  monotonicMs(): number {
    return this.#skew.monotonicStartMs + this.#life.world.nowMs * this.#skew.rate
  }

  setTimer(delayMs: number, run: () => void): Timer {
    // At least 1 ms, as on Node: a timer of 0 ms that sets itself again must not stop time.
    const event = this.#life.schedule(Math.max(1, delayMs) / this.#skew.rate, run)
    return {
      cancel() {
        event.run = null
      },
    }
  }

  defer(run: () => void): void {
    this.#life.schedule(0, run)
  }
}
