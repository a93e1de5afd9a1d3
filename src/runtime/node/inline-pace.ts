/** A call that waited longer waited for the disk: into and out of the page cache it takes microseconds. */
const slowMs = 4
/** How long the disk is taken for busy after that. */
const busyMs = 1_000

/**
 * Whether calls of one kind are made on the event loop or in the thread pool. Into and out of the page cache a call is a copy of
 * memory, and waking a thread for it costs more than the copy (measured: 37 to 50 µs a trip against 2 to 30 µs). When the
 * system makes callers wait for the disk, one call notices, and those of the next second go to the pool, where they hold
 * up nobody.
 */
export class InlinePace {
  readonly #bytesMax: number
  readonly #nowMs: () => number
  #busyUntilMs = 0

  /** More than `bytesMax` is left to the thread pool: the copy alone would hold up the event loop. */
  constructor(bytesMax: number, nowMs: () => number = () => performance.now()) {
    this.#bytesMax = bytesMax
    this.#nowMs = nowMs
  }

  isInline(bytes: number): boolean {
    return bytes <= this.#bytesMax && this.#nowMs() >= this.#busyUntilMs
  }

  /** Does the call, and notes how long it took. */
  timed<T>(call: () => T): T {
    const begun = this.#nowMs()
    try {
      return call()
    } finally {
      const ended = this.#nowMs()
      if (ended - begun > slowMs) this.#busyUntilMs = ended + busyMs
    }
  }

  /** Does a small call in one of its two ways. Rejects with what it throws. */
  async run<T>(inline: () => T, pooled: () => Promise<T>): Promise<T> {
    return this.isInline(0) ? this.timed(inline) : await pooled()
  }
}
