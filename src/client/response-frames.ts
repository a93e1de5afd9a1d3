const landingBytes = 16 * 1024
/** Larger than any answer that a broker gives: a size beyond it is no size. */
const frameBytesMax = 1024 * 1024 * 1024

/**
 * Cuts a stream of bytes into Kafka's frames (an int32 size, then so many bytes). Large frames are received in place.
 * Each frame is a buffer of its own, which its taker keeps.
 */
export class ResponseFrames {
  readonly #onFrame: (frame: Buffer) => void
  readonly #landing = Buffer.allocUnsafe(landingBytes)
  /** Bytes of the landing that are filled. */
  #landed = 0
  /** The frame that is being received, and how much of it is there. */
  #frame: Buffer | null = null
  #filled = 0

  constructor(onFrame: (frame: Buffer) => void) {
    this.#onFrame = onFrame
  }

  /** Where the next bytes go. */
  allocate(): Uint8Array {
    return this.#frame === null ? this.#landing.subarray(this.#landed) : this.#frame.subarray(this.#filled)
  }

  /** Throws when the bytes cannot be frames. */
  received(bytes: number): void {
    if (this.#frame !== null) {
      this.#filled += bytes
      this.#finish()
      return
    }
    const end = this.#landed + bytes
    let at = 0
    while (end - at >= 4) {
      const size = this.#landing.readInt32BE(at)
      if (size < 4 || size > frameBytesMax) throw new Error(`an answer of ${size} bytes: no Kafka broker says that`)
      const frame = Buffer.allocUnsafe(size)
      const have = Math.min(size, end - at - 4)
      this.#landing.copy(frame, 0, at + 4, at + 4 + have)
      at += 4 + have
      this.#frame = frame
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
    this.#frame = null
    this.#onFrame(frame)
  }
}
