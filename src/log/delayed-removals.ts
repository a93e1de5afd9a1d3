import type { Clock, Timer } from '../runtime/clock.ts'
import { type Disk, DiskFault } from '../runtime/disk.ts'
import type { Logger } from '../runtime/logger.ts'

/** Files that wait at most; beyond it the oldest goes at once. */
const waitingMax = 10_000

/**
 * Files that were taken out of their logs (renamed to `.deleted`) and go some time later (`file.delete.delay.ms`), with
 * one timer for all logs of a broker. What still waits when the process ends is removed by the next start.
 */
export class DelayedRemovals {
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #dueMs = new Map<string, number>()
  #timer: Timer | null = null
  #timerMs = Number.POSITIVE_INFINITY

  constructor(runtime: { disk: Disk; clock: Clock; logger: Logger }) {
    this.#disk = runtime.disk
    this.#clock = runtime.clock
    this.#logger = runtime.logger
  }

  /** How many files wait. */
  get waiting(): number {
    return this.#dueMs.size
  }

  add(path: string, delayMs: number): void {
    const dueMs = this.#clock.monotonicMs() + delayMs
    this.#dueMs.set(path, dueMs)
    if (this.#dueMs.size > waitingMax) for (const [oldest] of this.#dueMs) return void this.#remove([oldest])
    if (dueMs < this.#timerMs) this.#arm(dueMs)
  }

  /** No timer outlives the broker. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#dueMs.clear()
  }

  #arm(dueMs: number): void {
    this.#timer?.cancel()
    this.#timerMs = dueMs
    this.#timer = this.#clock.setTimer(Math.max(0, dueMs - this.#clock.monotonicMs()), () => this.#onDue())
  }

  #onDue(): void {
    this.#timer = null
    this.#timerMs = Number.POSITIVE_INFINITY
    const now = this.#clock.monotonicMs()
    const due = [...this.#dueMs].filter(([, dueMs]) => dueMs <= now).map(([path]) => path)
    void this.#remove(due)
    const next = Math.min(...this.#dueMs.values())
    if (Number.isFinite(next)) this.#arm(next)
  }

  async #remove(paths: readonly string[]): Promise<void> {
    for (const path of paths) this.#dueMs.delete(path)
    for (const path of paths) {
      try {
        await this.#disk.remove(path)
      } catch (error) {
        if (!(error instanceof DiskFault)) throw error
        // Its folder may have gone before it. Anything else: the next start finds it.
        if (error.code !== 'ENOENT') this.#logger.warn({ path, error: error.message }, 'a file was not removed')
      }
    }
  }
}
