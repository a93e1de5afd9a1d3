import type { Clock, Timer } from '../clock.ts'

/** The longest delay that `setTimeout` takes (2^31 - 1 ms, 24.8 days); anything longer would fire at once. */
const longestDelayMs = 0x7fffffff

class NodeTimer implements Timer {
  readonly #run: () => void
  readonly #dueMs: number
  #handle: NodeJS.Timeout | null = null

  constructor(delayMs: number, run: () => void) {
    this.#run = run
    this.#dueMs = performance.now() + delayMs
    this.#arm(delayMs)
  }

  cancel(): void {
    if (this.#handle !== null) clearTimeout(this.#handle)
    this.#handle = null
  }

  #arm(leftMs: number): void {
    this.#handle = setTimeout(() => this.#fired(), Math.min(Math.ceil(leftMs), longestDelayMs))
    this.#handle.unref()
  }

  // Node counts whole milliseconds from the beginning of the turn, so that it may call up to one too early: whoever
  // looks at the clock then would find that the time has not come, and would never be called again.
  #fired(): void {
    this.#handle = null
    const leftMs = this.#dueMs - performance.now()
    if (leftMs > 0) this.#arm(leftMs)
    else this.#run()
  }
}

export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer: (delayMs, run) => new NodeTimer(delayMs, run),
  defer: (run) => void setImmediate(run),
}
