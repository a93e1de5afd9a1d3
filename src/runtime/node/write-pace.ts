/** More than this is left to the thread pool: the copy alone would hold up the event loop. */
const inlineBytesMax = 256 * 1024
/** A write into the page cache takes microseconds; one that took longer waited for the disk. */
const slowMs = 4
/** How long the disk is taken for busy after that. */
const busyMs = 1_000

/**
 * Whether a write is made on the event loop or in the thread pool. Into the page cache it is a copy of memory, and waking a thread
 * for it costs more than the copy (measured: 37 to 50 µs a trip against 10 to 30 µs). When the system makes writers wait for
 * the disk, one write notices, and those of the next second go to the pool, where they hold up nobody.
 */
export class WritePace {
  readonly #nowMs: () => number
  #busyUntilMs = 0

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  isInline(bytes: number): boolean {
    return bytes <= inlineBytesMax && this.#nowMs() >= this.#busyUntilMs
  }

  /** Does the write, and notes how long it took. */
  timed<T>(write: () => T): T {
    const begun = this.#nowMs()
    try {
      return write()
    } finally {
      const ended = this.#nowMs()
      if (ended - begun > slowMs) this.#busyUntilMs = ended + busyMs
    }
  }
}
