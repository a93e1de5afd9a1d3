import type { BufferPool } from './buffer-pool.ts'
import type { RequestMemory } from './request-memory.ts'

const lengthBytes = 4
const firstGrowth = 1024 * 1024

export interface FrameSink {
  /**
   * One whole frame without its length, a view that holds until this returns. False: not now; the frame is kept and given
   * again after `FrameReader.resume`.
   */
  frame(frame: Buffer): boolean
  /** The stream cannot be understood any more; nothing follows. */
  malformed(what: string): void
  /** Bytes must not come for now (true), or may again (false). */
  pause(paused: boolean): void
}

/** What all connections of a listener share. */
export interface FrameResources {
  /** Where bytes land first: reads are handled one at a time, so one buffer serves all connections that are between frames. */
  readonly landing: Buffer
  readonly pool: BufferPool
  readonly memory: RequestMemory
  readonly frameBytesMax: number
}

/**
 * Cuts a stream of bytes into frames. Frames that arrive whole are handled where they landed; one that is cut off gets a
 * buffer of its own, into which the rest is received directly. A connection between two frames holds no memory.
 */
export class FrameReader {
  readonly #shared: FrameResources
  readonly #sink: FrameSink
  // The part of a stream that could not be handled yet: a buffer of the pool and how much of it is filled.
  #held: Buffer | null = null
  #filled = 0
  #charged = 0
  #stopped = false
  #closed = false
  readonly #retry = (): void => this.resume()

  constructor(shared: FrameResources, sink: FrameSink) {
    this.#shared = shared
    this.#sink = sink
  }

  /** Where the next bytes go. */
  allocate(): Uint8Array {
    return this.#held === null ? this.#shared.landing : this.#held.subarray(this.#filled)
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
    this.#handleHeld()
  }

  /** Goes on after `frame` has said false, or after memory has come free. */
  resume(): void {
    if (!this.#stopped || this.#closed) return
    this.#stopped = false
    if (this.#held !== null && this.#charged < this.#held.length) this.#charge()
    if (!this.#stopped) this.#handleHeld()
    if (!this.#stopped && !this.#closed) this.#sink.pause(false)
  }

  close(): void {
    this.#closed = true
    this.#shared.memory.forget(this.#retry)
    this.#drop()
  }

  #handleHeld(): void {
    const held = this.#held
    if (held === null) return
    const rest = this.#handle(held.subarray(0, this.#filled))
    if (rest === null) return
    if (rest.length === 0) return this.#drop()
    if (rest.length < this.#filled) held.copyWithin(0, this.#filled - rest.length, this.#filled)
    this.#filled = rest.length
    this.#grow()
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
        this.#stop()
        break
      }
      if (this.#closed) return null
      at = end
    }
    return bytes.subarray(at)
  }

  #stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#sink.pause(true)
  }

  /** Keeps bytes that lie in the shared landing buffer. */
  #hold(rest: Buffer): void {
    const capacity = this.#capacityFor(rest, rest.length)
    this.#held = this.#shared.pool.take(capacity)
    rest.copy(this.#held)
    this.#filled = rest.length
    this.#charge()
  }

  /** Makes room for more of the frame that has begun. */
  #grow(): void {
    const held = this.#held
    if (held === null) return
    const capacity = this.#capacityFor(held.subarray(0, this.#filled), this.#filled)
    if (capacity <= held.length) return
    this.#held = this.#shared.pool.take(capacity)
    held.copy(this.#held, 0, 0, this.#filled)
    this.#shared.pool.give(held)
    this.#charge()
  }

  /** Room for the whole frame, but no more than twice what has come: an announced length alone takes no memory. */
  #capacityFor(bytes: Buffer, filled: number): number {
    if (filled < lengthBytes) return this.#shared.landing.length
    const whole = lengthBytes + bytes.readInt32BE(0)
    return Math.max(filled + 1, Math.min(whole, Math.max(firstGrowth, filled * 2)))
  }

  #charge(): void {
    const size = this.#held?.length ?? 0
    this.#shared.memory.give(this.#charged)
    this.#charged = 0
    if (this.#shared.memory.take(size, this.#retry)) this.#charged = size
    else this.#stop()
  }

  #drop(): void {
    if (this.#held !== null) this.#shared.pool.give(this.#held)
    this.#held = null
    this.#filled = 0
    const charged = this.#charged
    this.#charged = 0
    if (charged > 0) this.#shared.memory.give(charged)
  }
}
