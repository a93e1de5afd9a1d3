const sizeBytes = 4
/** Room that a frame gets before more of it has come: an announced size alone takes no more memory than this. */
const firstRoomBytes = 1024 * 1024

export interface SizedFrameBounds {
  /** What one read takes at most while no frame is being received. */
  readonly landingBytes: number
  /** Smallest and largest size that is believed. */
  readonly frameBytesMin: number
  readonly frameBytesMax: number
}

/** The other side announces a frame that cannot be one. */
export class ImplausibleFrameSize extends Error {
  readonly size: number

  constructor(size: number) {
    super(`a frame of ${size} bytes is announced`)
    this.name = 'ImplausibleFrameSize'
    this.size = size
  }
}

/**
 * Cuts a stream of bytes into frames (an int32 size, then so many bytes). Large frames are received in place, into room that
 * is doubled as they come. Each frame is a buffer of its own, which its taker keeps.
 */
export class SizedFrames {
  readonly #onFrame: (frame: Buffer) => void
  readonly #bounds: SizedFrameBounds
  readonly #landing: Buffer
  /** Bytes of the landing that are filled. */
  #landed = 0
  /** The frame that is being received, how large it will be, and how much of it is there. */
  #frame: Buffer | null = null
  #size = 0
  #filled = 0

  constructor(bounds: SizedFrameBounds, onFrame: (frame: Buffer) => void) {
    this.#bounds = bounds
    this.#onFrame = onFrame
    this.#landing = Buffer.allocUnsafe(bounds.landingBytes)
  }

  /** Where the next bytes go. */
  allocate(): Uint8Array {
    return this.#frame === null ? this.#landing.subarray(this.#landed) : this.#frame.subarray(this.#filled)
  }

  /** Throws `ImplausibleFrameSize` when the bytes cannot be frames. */
  received(bytes: number): void {
    if (this.#frame !== null) {
      this.#filled += bytes
      this.#finish()
      return
    }
    const end = this.#landed + bytes
    let at = 0
    while (end - at >= sizeBytes) {
      const size = this.#landing.readInt32BE(at)
      const { frameBytesMin, frameBytesMax } = this.#bounds
      if (size < frameBytesMin || size > frameBytesMax) throw new ImplausibleFrameSize(size)
      const frame = Buffer.allocUnsafe(Math.min(size, firstRoomBytes))
      const have = Math.min(frame.length, end - at - sizeBytes)
      this.#landing.copy(frame, 0, at + sizeBytes, at + sizeBytes + have)
      at += sizeBytes + have
      this.#frame = frame
      this.#size = size
      this.#filled = have
      this.#finish()
      if (this.#frame !== null) break
    }
    this.#landing.copy(this.#landing, 0, at, end)
    this.#landed = end - at
  }

  #finish(): void {
    const frame = this.#frame
    if (frame === null || this.#filled < frame.length) return
    if (frame.length < this.#size) {
      this.#frame = Buffer.allocUnsafe(Math.min(this.#size, frame.length * 2))
      frame.copy(this.#frame)
      return
    }
    this.#frame = null
    this.#onFrame(frame)
  }
}
