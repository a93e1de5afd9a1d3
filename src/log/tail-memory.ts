import { invariant } from '../runtime/invariant.ts'

/** Something of a log that lies in a chunk and must go when the chunk is used for newer bytes. */
export interface TailResident {
  /** The bytes are about to be overwritten. Called once, for every resident of the chunk. */
  evict(): void
}

/** One piece of the tail's memory. Filled front to back by whichever log appends, emptied as a whole. */
export class TailChunk {
  readonly buffer: Buffer
  readonly residents: TailResident[] = []
  used = 0
  /** Runs that wait for the disk, and slices that are out. */
  pins = 0
  /** Slices that are out. */
  readers = 0
  /** Made for one batch larger than a chunk, or beyond the bound: not used again. */
  readonly isExtra: boolean

  constructor(bytes: number, isExtra: boolean) {
    this.buffer = Buffer.allocUnsafeSlow(bytes)
    this.isExtra = isExtra
  }
}

/** Residents (runs of batches) in one chunk at most, so that tiny batches cannot make more bookkeeping than data. */
const residentsPerChunk = 4096

/**
 * The newest bytes of all logs of one broker, shared: every log appends to the chunk that is being filled, and the
 * oldest chunk is used again once it is full. So an idle log holds nothing, ten thousand slow ones share a chunk, and
 * a busy broker runs around in memory that it has touched before (fresh pages cost more than the copy into them).
 *
 * A chunk with bytes that are not written yet, or that a reader is sending, is pinned and is passed over. When every
 * chunk is pinned more are made, up to `maxBytes` again of bytes that wait for the disk; then `canTake` says no. Readers
 * may be stuck for long: together they pin at most half of `maxBytes`, and who would pin one chunk more reads from the disk.
 */
export class TailMemory {
  readonly maxBytes: number
  readonly #chunkBytes: number
  /** Full chunks, the oldest first. */
  #full: TailChunk[] = []
  #current: TailChunk | null = null
  #bytes = 0
  #unwrittenBytes = 0
  #readBytes = 0

  /** `maxBytes` is kept by rounding down to whole chunks, but never below two. */
  constructor(options: { maxBytes: number; chunkBytes?: number }) {
    this.maxBytes = options.maxBytes
    this.#chunkBytes = options.chunkBytes ?? Math.max(64 * 1024, Math.min(2 * 1024 * 1024, options.maxBytes >>> 3))
  }

  /** Memory held now. */
  get bytes(): number {
    return this.#bytes
  }

  /** Appended, but not handed to the system yet. */
  get unwrittenBytes(): number {
    return this.#unwrittenBytes
  }

  /** False when the disk is so far behind that nothing more may be appended: at twice `maxBytes` of unwritten bytes. */
  canTake(bytes: number): boolean {
    return this.#unwrittenBytes === 0 || this.#unwrittenBytes + bytes <= 2 * this.maxBytes
  }

  /**
   * The chunk into which the next `bytes` go, at its `used`. The caller copies at once and calls `took`. Batches are
   * never split over two chunks.
   */
  chunkFor(bytes: number): TailChunk {
    const current = this.#current
    if (current !== null && fits(current, bytes)) return current
    if (bytes > this.#chunkBytes) return this.#extraFor(bytes)
    if (current !== null) this.#full.push(current)
    const next = this.#nextChunk()
    this.#current = next
    return next
  }

  /** `bytes` were put at the chunk's `used`; they are pinned until `written`. */
  took(chunk: TailChunk, bytes: number): void {
    chunk.used += bytes
    chunk.pins++
    this.#unwrittenBytes += bytes
  }

  /** More unwritten bytes for a run that is pinned already. */
  tookMore(chunk: TailChunk, bytes: number): void {
    chunk.used += bytes
    this.#unwrittenBytes += bytes
  }

  /** A run of `bytes` that `took` pinned is written, or given up. */
  written(chunk: TailChunk, bytes: number): void {
    this.#unwrittenBytes -= bytes
    this.#unpin(chunk)
  }

  /** Whether a reader whose slice may be out for long may have one of this chunk. */
  mayLend(chunk: TailChunk): boolean {
    if (chunk.readers > 0 || this.#readBytes === 0) return true
    return this.#readBytes + chunk.buffer.length <= this.maxBytes / 2
  }

  /** A slice of the chunk goes out. */
  lend(chunk: TailChunk): void {
    if (chunk.readers++ === 0) this.#readBytes += chunk.buffer.length
    chunk.pins++
  }

  /** It has come back. */
  takeBack(chunk: TailChunk): void {
    this.#unpin(chunk)
    if (--chunk.readers === 0) this.#readBytes -= chunk.buffer.length
  }

  #unpin(chunk: TailChunk): void {
    invariant(chunk.pins > 0, 'a tail chunk was released more often than pinned', { used: chunk.used })
    chunk.pins--
    if (chunk.pins === 0 && chunk.isExtra && this.#bytes > this.maxBytes) this.#discard(chunk)
  }

  #nextChunk(): TailChunk {
    if (this.#bytes + this.#chunkBytes <= this.maxBytes || this.#bytes < 2 * this.#chunkBytes) return this.#make(false)
    for (let i = 0; i < this.#full.length; i++) {
      const chunk = this.#full[i] as TailChunk
      if (chunk.pins > 0) continue
      this.#full.splice(i, 1)
      empty(chunk)
      if (!chunk.isExtra) return chunk
      this.#bytes -= chunk.buffer.length
      i = -1
    }
    return this.#make(true)
  }

  #make(isExtra: boolean, bytes: number = this.#chunkBytes): TailChunk {
    this.#bytes += bytes
    return new TailChunk(bytes, isExtra)
  }

  #extraFor(bytes: number): TailChunk {
    for (const chunk of this.#full.filter((full) => full.pins === 0)) {
      if (this.#bytes + bytes <= this.maxBytes) break
      this.#discard(chunk)
    }
    const chunk = this.#make(true, bytes)
    this.#full.push(chunk)
    return chunk
  }

  #discard(chunk: TailChunk): void {
    if (chunk === this.#current) return
    const place = this.#full.indexOf(chunk)
    if (place < 0) return
    this.#full.splice(place, 1)
    empty(chunk)
    this.#bytes -= chunk.buffer.length
  }
}

function fits(chunk: TailChunk, bytes: number): boolean {
  return chunk.buffer.length - chunk.used >= bytes && chunk.residents.length < residentsPerChunk
}

function empty(chunk: TailChunk): void {
  for (const resident of chunk.residents) resident.evict()
  chunk.residents.length = 0
  chunk.used = 0
}
