import type { Clock, Timer } from '../runtime/clock.ts'
import type { MemoryBound } from './memory-bound.ts'

/** How often it is looked at while memory is short. */
const lookMs = 250

/** Looks at a bound on memory while somebody waits for it, and only then. */
export class ShortageWatch {
  readonly #clock: Clock
  readonly #memory: MemoryBound
  readonly #relieve: (shortage: { wantedBytes: number; forMs: number }) => void
  #timer: Timer | null = null
  #sinceMs = 0

  /** `relieve` is to make so many bytes come free; `forMs` tells for how long somebody has been waiting without a break. */
  constructor(clock: Clock, memory: MemoryBound, relieve: (shortage: { wantedBytes: number; forMs: number }) => void) {
    this.#clock = clock
    this.#memory = memory
    this.#relieve = relieve
    memory.onShortage = () => this.#begin()
  }

  stop(): void {
    this.#memory.onShortage = () => {}
    this.#timer?.cancel()
  }

  #begin(): void {
    if (this.#timer !== null) return
    this.#sinceMs = this.#clock.monotonicMs()
    this.#look()
  }

  #look(): void {
    this.#timer = this.#clock.setTimer(lookMs, () => {
      this.#timer = null
      const { wantedBytes } = this.#memory
      if (wantedBytes === 0) return
      this.#relieve({ wantedBytes, forMs: this.#clock.monotonicMs() - this.#sinceMs })
      this.#look()
    })
  }
}
