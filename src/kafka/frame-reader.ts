import { BufferPool } from './buffer-pool.ts'
import { MemoryAccount } from './memory-account.ts'
import type { MemoryBound } from './memory-bound.ts'

const lengthBytes = 4
const firstGrowth = 1024 * 1024
/** What one read may bring while memory is short. */
const shortLanding = 16 * 1024

export interface FrameSink {
  /**
   * One whole frame without its length, a view that holds until this returns. False: not now; the frame is kept and given
   * again after `FrameReader.resume`.
   */
  frame(frame: Buffer): boolean
  /** The stream cannot be understood any more; nothing follows. */
  malformed(what: string): void
  /** Bytes must not come for now (true), or may again (false), to where `FrameReader.allocate` says then. */
  pause(paused: boolean): void
}

/** What all connections of a listener share. */
export interface FrameResources {
  /** Where bytes land first: reads are handled one at a time, so one buffer serves all connections that are between frames. */
  readonly landing: Buffer
  readonly pool: BufferPool
  /** What frames that have begun to come may hold. */
  readonly memory: MemoryBound
  /** What each connection may hold of such, whatever the others hold. */
  readonly ownBytes: number
  readonly frameBytesMax: number
  readonly nowMs: () => number
}

/** A frame that has begun to come. */
export interface BegunFrame {
  readonly sinceMs: number
  /** When bytes of it came last. */
  readonly lastMs: number
  readonly bytes: number
}

/**
 * Cuts a stream of bytes into frames. Frames that arrive whole are handled where they landed; one that is cut off gets a
 * buffer of its own, into which the rest is received directly. A connection between two frames holds no memory. One that
 * gets none for the rest of its frame is not read from until others have given some back. One whose frame is not taken is
 * read from until its buffer is full: else nobody would hear that the client has gone meanwhile.
 */
export class FrameReader {
  readonly #shared: FrameResources
  readonly #sink: FrameSink
  readonly #memory: MemoryAccount
  // The part of a stream that could not be handled yet: a buffer of the pool and how much of it is filled.
  #held: Buffer | null = null
  #filled = 0
  #heldSinceMs = 0
  #lastMs = 0
  #stopped = false
  #paused = false
  #closed = false
  readonly #roomCame = (): void => {
    this.resume()
    this.#memory.forget()
  }

  constructor(shared: FrameResources, sink: FrameSink) {
    this.#shared = shared
    this.#sink = sink
    this.#memory = new MemoryAccount(shared.memory, shared.ownBytes)
  }

  /** What has come of a frame that is not whole, or not taken by the sink yet; null: nothing. */
  get begun(): BegunFrame | null {
    if (this.#held === null) return null
    return { sinceMs: this.#heldSinceMs, lastMs: this.#lastMs, bytes: this.#filled }
  }

  /** What it holds of the memory that is shared with others. */
  get sharedBytes(): number {
    return this.#memory.sharedBytes
  }

  /** Whether it waits for memory that others hold. */
  get waitsForMemory(): boolean {
    return this.#memory.waits
  }

  /** Where the next bytes go. */
  allocate(): Uint8Array {
    const { landing, memory } = this.#shared
    if (this.#held !== null && this.#filled < this.#held.length) return this.#held.subarray(this.#filled)
    // What lands has to be held if no memory can be had for it. (Of a full buffer: nothing comes while it is stopped.)
    return memory.wantedBytes > 0 ? landing.subarray(0, shortLanding) : landing
  }

  /** `bytes` were put where `allocate` said. */
  received(bytes: number): void {
    if (this.#closed) return
    if (this.#held === null) {
      const rest = this.#handle(this.#shared.landing.subarray(0, bytes))
      if (rest !== null && rest.length > 0) this.#hold(rest)
      return
    }
    this.#filled += bytes
    this.#lastMs = this.#shared.nowMs()
    if (this.#stopped) this.#pauseIfFull()
    else this.#handleHeld()
  }

  /** Goes on after `frame` has said false, or after memory has come free. */
  resume(): void {
    if (!this.#stopped || this.#closed) return
    this.#stopped = false
    this.#handleHeld()
    if (this.#closed || this.#isFull) return
    // Also where it is not paused: what has been handled may have moved the place that the next bytes go to.
    this.#paused = false
    this.#sink.pause(false)
  }

  /** It can take nothing more. */
  get #isFull(): boolean {
    return this.#stopped && (this.#held === null || this.#filled === this.#held.length)
  }

  close(): void {
    this.#closed = true
    this.#memory.forget()
    this.#drop()
  }

  #handleHeld(): void {
    const held = this.#held
    if (held === null) return
    const rest = this.#handle(held.subarray(0, this.#filled))
    if (rest === null) return
    if (rest.length === 0) return this.#drop()
    if (rest.length < this.#filled) {
      held.copyWithin(0, this.#filled - rest.length, this.#filled)
      this.#heldSinceMs = this.#shared.nowMs()
    }
    this.#filled = rest.length
    if (this.#filled === held.length && !this.#stopped) this.#grow(held)
    this.#pauseIfFull()
  }

  /** Hands on whole frames; what is left over, or null if the stream is malformed. */
  #handle(bytes: Buffer): Buffer | null {
    let at = 0
    while (bytes.length - at >= lengthBytes) {
      const length = bytes.readInt32BE(at)
      if (length < 0 || length > this.#shared.frameBytesMax) {
        this.#closed = true
        this.#drop()
        this.#sink.malformed(`a frame of ${length} bytes is announced; at most ${this.#shared.frameBytesMax} are taken`)
        return null
      }
      const end = at + lengthBytes + length
      if (end > bytes.length) break
      if (!this.#sink.frame(bytes.subarray(at + lengthBytes, end))) {
        this.#stopped = true
        break
      }
      if (this.#closed) return null
      at = end
    }
    return bytes.subarray(at)
  }

  #pauseIfFull(): void {
    if (this.#paused || !this.#isFull) return
    this.#paused = true
    this.#sink.pause(true)
  }

  /** Keeps bytes that lie in the shared landing buffer: they are here, so they are held even where there is no memory for them. */
  #hold(rest: Buffer): void {
    const room = this.#bufferOf(rest.length, this.#capacityFor(rest, rest.length), 0)
    const held = room ?? this.#shared.pool.take(rest.length)
    if (room === null) this.#memory.add(held.length)
    this.#held = held
    rest.copy(held)
    this.#filled = rest.length
    this.#heldSinceMs = this.#shared.nowMs()
    this.#lastMs = this.#heldSinceMs
    if (this.#filled === held.length && !this.#stopped) this.#grow(held)
    this.#pauseIfFull()
  }

  /** Makes room for more of the frame that has begun, or waits for it. */
  #grow(held: Buffer): void {
    const larger = this.#bufferOf(this.#filled + 1, this.#capacityFor(held, this.#filled), held.length)
    if (larger === null) {
      this.#stopped = true
      return this.#memory.wait(BufferPool.sizeOf(this.#filled + 1) - held.length, this.#roomCame)
    }
    held.copy(larger, 0, 0, this.#filled)
    this.#held = larger
    this.#shared.pool.give(held)
  }

  /**
   * A buffer for at least `least` bytes, and for more up to `wanted` while there is memory, in the place of one of
   * `replaced` bytes. Null: there is too little.
   */
  #bufferOf(least: number, wanted: number, replaced: number): Buffer | null {
    const most = BufferPool.sizeOf(Math.max(least, wanted)) - replaced
    const allowed = this.#memory.take(BufferPool.sizeOf(least) - replaced, most)
    if (allowed === 0) return null
    const buffer = this.#shared.pool.take(BufferPool.largestIn(replaced + allowed))
    const unused = replaced + allowed - buffer.length
    if (unused > 0) this.#memory.give(unused)
    return buffer
  }

  /** Room for the whole frame, but no more than twice what has come: an announced length alone takes no memory. */
  #capacityFor(bytes: Buffer, filled: number): number {
    if (filled < lengthBytes) return lengthBytes
    const whole = lengthBytes + bytes.readInt32BE(0)
    return Math.min(whole, Math.max(firstGrowth, filled * 2))
  }

  #drop(): void {
    const held = this.#held
    this.#held = null
    this.#filled = 0
    if (held === null) return
    this.#shared.pool.give(held)
    this.#memory.give(held.length)
  }
}
