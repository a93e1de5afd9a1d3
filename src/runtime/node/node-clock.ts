import type { Clock, Timer } from '../clock.ts'

/** The longest delay that `setTimeout` takes (2^31 - 1 ms, 24.8 days); anything longer would fire at once. */
const longestDelayMs = 0x7fffffff

class NodeTimer implements Timer {
  readonly #run: () => void
  #leftMs: number
  #handle: NodeJS.Timeout | null = null

  constructor(delayMs: number, run: () => void) {
    this.#run = run
    this.#leftMs = delayMs
    this.#arm()
  }

  cancel(): void {
    if (this.#handle !== null) clearTimeout(this.#handle)
    this.#handle = null
  }

  #arm(): void {
    const hopMs = Math.min(this.#leftMs, longestDelayMs)
    this.#leftMs -= hopMs
    this.#handle = setTimeout(() => this.#fired(), hopMs)
    this.#handle.unref()
  }

  #fired(): void {
    this.#handle = null
    if (this.#leftMs > 0) this.#arm()
    else this.#run()
  }
}

export const nodeClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  setTimer: (delayMs, run) => new NodeTimer(delayMs, run),
  defer: (run) => void setImmediate(run),
}
