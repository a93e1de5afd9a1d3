/**
 * A bound on the bytes that unanswered requests of all connections may hold together. Whoever gets none is called back
 * when some come free, in the order of asking: that is what makes a flood wait in the clients' sockets and not in here.
 */
export class RequestMemory {
  readonly #limitBytes: number
  readonly #waiting = new Set<() => void>()
  #usedBytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Takes `bytes` and says true, or says false and calls `again` once when it is worth asking again. */
  take(bytes: number, again: () => void): boolean {
    // One request always gets through, however large: else a bound below `socket.request.max.bytes` would stop for ever.
    if (this.#usedBytes > 0 && this.#usedBytes + bytes > this.#limitBytes) {
      this.#waiting.add(again)
      return false
    }
    this.#usedBytes += bytes
    return true
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes
    if (this.#waiting.size === 0) return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const again of waiting) again()
  }

  /** Takes back a question whose asker is gone. */
  forget(again: () => void): void {
    this.#waiting.delete(again)
  }
}
