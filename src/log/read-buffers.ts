import type { ReadMemory } from './read-memory.ts'

/** Smallest buffer handed out; sizes double from here. */
const smallestBytes = 16 * 1024

/**
 * Buffers for reads from disk, reused so that a read does not pay for fresh pages. At most `maxBytes` lie idle here;
 * what is given back beyond that is left to the garbage collector. What is handed out is bounded by its takers.
 */
export class ReadBuffers {
  readonly #maxBytes: number
  readonly #free = new Map<number, Buffer[]>()
  #idleBytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** A buffer of at least `bytes`, with whatever is in it. The taker owns it until it gives it back. */
  take(bytes: number): Buffer {
    const size = classOf(bytes)
    const buffer = this.#free.get(size)?.pop()
    if (buffer === undefined) return Buffer.allocUnsafeSlow(size)
    this.#idleBytes -= size
    return buffer
  }

  /**
   * A buffer of at least `least` bytes, and as many more up to `wanted` as the taker's memory has room for, which counts
   * the whole of it until it is given back there. Null: there is no room.
   */
  takeWithin(memory: ReadMemory, bytes: { least: number; wanted: number }): Buffer | null {
    const allowed = memory.take(classOf(bytes.least), classOf(bytes.wanted))
    if (allowed === 0) return null
    let size = smallestBytes
    while (size * 2 <= allowed) size *= 2
    if (allowed > size) memory.give(allowed - size)
    return this.take(size)
  }

  give(buffer: Buffer): void {
    if (this.#idleBytes + buffer.length > this.#maxBytes) return
    this.#idleBytes += buffer.length
    const free = this.#free.get(buffer.length)
    if (free === undefined) this.#free.set(buffer.length, [buffer])
    else free.push(buffer)
  }
}

function classOf(bytes: number): number {
  let size = smallestBytes
  while (size < bytes) size *= 2
  return size
}
