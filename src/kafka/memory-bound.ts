/** Most of what is left that one taker gets beyond what it cannot do without: the last of it goes in ever smaller parts. */
const shareOfRest = 8

interface Waiter {
  readonly bytes: number
  readonly granted: () => void
}

/**
 * A bound on the bytes that all connections of a listener hold together for one purpose. Who gets none waits his turn, in
 * the order of asking. What is larger than the whole bound is let through alone, for else it would wait for ever.
 */
export class MemoryBound {
  readonly limitBytes: number
  /** Called when somebody begins to wait. */
  onShortage: () => void = () => {}
  readonly #waiting = new Set<Waiter>()
  #usedBytes = 0
  #wantedBytes = 0

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** What those who wait need at least; 0: nobody waits. */
  get wantedBytes(): number {
    return this.#wantedBytes
  }

  /** Takes at least `least` and at most `wanted` bytes, and says how many; -1: there are not so many, or others wait for them. */
  take(least: number, wanted: number): number {
    return this.#waiting.size > 0 && least > 0 ? -1 : this.#takeNow(least, wanted)
  }

  /** As `take`, for whom `granted` was called: the bytes that he was given then are among those that he takes, if he wants them. */
  takeGranted(granted: number, least: number, wanted: number): number {
    this.#usedBytes -= granted
    const taken = this.#takeNow(Math.max(least, Math.min(granted, wanted)), wanted)
    this.#grant()
    return taken
  }

  /** Counts bytes that are there already, beyond the bound if need be. */
  add(bytes: number): void {
    this.#usedBytes += bytes
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes
    this.#grant()
  }

  /** Calls `granted` once `bytes` have been taken for the caller. To be taken back by what this gives. */
  wait(bytes: number, granted: () => void): () => void {
    const waiter = { bytes, granted }
    this.#waiting.add(waiter)
    this.#wantedBytes += bytes
    if (this.#waiting.size === 1) this.onShortage()
    return () => this.#leave(waiter)
  }

  #takeNow(least: number, wanted: number): number {
    const left = this.limitBytes - this.#usedBytes
    if (least > Math.max(0, left)) {
      if (this.#usedBytes > 0) return -1
      this.#usedBytes += least
      return least
    }
    const taken = Math.max(least, Math.min(wanted, Math.floor(left / shareOfRest)), 0)
    this.#usedBytes += taken
    return taken
  }

  #grant(): void {
    for (const waiter of this.#waiting) {
      if (this.#takeNow(waiter.bytes, waiter.bytes) < 0) return
      this.#leave(waiter)
      waiter.granted()
    }
  }

  #leave(waiter: Waiter): void {
    if (this.#waiting.delete(waiter)) this.#wantedBytes -= waiter.bytes
  }
}
