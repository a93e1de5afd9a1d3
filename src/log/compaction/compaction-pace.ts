import type { Clock } from '../../runtime/clock.ts'
import { restUntil } from '../../runtime/rest.ts'

/** The compaction was told to stop, or its log has changed under it. What it had not swapped in yet is given up. */
export class CompactionStopped extends Error {
  constructor(why: string) {
    super(`the compaction was given up: ${why}`)
    this.name = 'CompactionStopped'
  }
}

/** So many bytes are worked on before everybody else gets a turn: a millisecond or two. */
const sliceBytes = 64 * 1024

/**
 * Keeps a compaction from holding up the broker: it gives way after each slice of bytes, and reads and writes no more bytes
 * a second than it may (`log.cleaner.io.max.bytes.per.second`).
 */
export class CompactionPace {
  readonly #clock: Clock
  readonly #bytesPerSecond: number
  readonly #isStopped: () => boolean
  readonly #startedMs: number
  #sliceLeft = sliceBytes
  #bytes = 0

  constructor(options: { clock: Clock; bytesPerSecond: number; isStopped: () => boolean }) {
    this.#clock = options.clock
    this.#bytesPerSecond = options.bytesPerSecond
    this.#isStopped = options.isStopped
    this.#startedMs = options.clock.monotonicMs()
  }

  /** Null: go on. Else to be awaited, which rejects with `CompactionStopped` when it is time to end. */
  moved(bytes: number): Promise<void> | null {
    this.#bytes += bytes
    this.#sliceLeft -= bytes
    return this.#sliceLeft > 0 ? null : this.#rest()
  }

  async #rest(): Promise<void> {
    this.#sliceLeft = sliceBytes
    const dueMs = this.#startedMs + (this.#bytes / this.#bytesPerSecond) * 1000
    await restUntil(this.#clock, dueMs, this.#isStopped)
    if (this.#isStopped()) throw new CompactionStopped('the broker stops, or its log goes')
  }
}
