const smallestBytes = 4096
/** Beyond this, sizes grow by this: a doubling would waste too much. */
const largeBytes = 16 * 1024 * 1024

/**
 * Buffers for frames, kept for the next one: fresh memory costs a page fault for every 4 KiB, which measured more than all other
 * work of a large produce together. Sizes are powers of two, and multiples of 16 MiB from there on; what is beyond the bound is left to the collector.
 */
export class BufferPool {
  readonly #free = new Map<number, Buffer[]>()
  readonly #limitBytes: number
  #pooledBytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** Length of the buffer that `take` gives for so many bytes. */
  static sizeOf(bytes: number): number {
    if (bytes > largeBytes) return Math.ceil(bytes / largeBytes) * largeBytes
    return 2 ** Math.ceil(Math.log2(Math.max(bytes, smallestBytes)))
  }

  /** The longest buffer that takes no more than `bytes`, which are at least those of the smallest. */
  static largestIn(bytes: number): number {
    if (bytes > largeBytes) return Math.floor(bytes / largeBytes) * largeBytes
    return 2 ** Math.floor(Math.log2(bytes))
  }

  /** A buffer of at least `bytes`, with old content. */
  take(bytes: number): Buffer {
    const size = BufferPool.sizeOf(bytes)
    const free = this.#free.get(size)?.pop()
    if (free === undefined) return Buffer.allocUnsafeSlow(size)
    this.#pooledBytes -= size
    return free
  }

  /** Gives back what `take` gave; nobody may look at it any more. */
  give(buffer: Buffer): void {
    const size = buffer.length
    if (this.#pooledBytes + size > this.#limitBytes) return
    const free = this.#free.get(size)
    if (free === undefined) this.#free.set(size, [buffer])
    else free.push(buffer)
    this.#pooledBytes += size
  }
}
