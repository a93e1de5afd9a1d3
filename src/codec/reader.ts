import { MalformedInput } from './malformed-input.ts'

/**
 * Messages within one message, in all its arrays. One of two bytes becomes an object of fifty and more, so a frame within
 * the bound of frames could still take more memory than there is. No cluster has a million partitions.
 */
const nestedMessagesMax = 1_000_000

const twoTo27 = 2 ** 27
const twoTo28 = 2 ** 28
const twoTo32 = 2 ** 32

/**
 * Reads big-endian values from one frame, in order. Every read is checked against the end of the frame and throws
 * MalformedInput beyond it. What `bytes` gives are views on the frame: the frame's owner says how long they hold.
 */
export class Reader {
  readonly #bytes: Buffer
  readonly #end: number
  #position = 0
  #nestedMessages = 0

  constructor(frame: Uint8Array) {
    this.#bytes = Buffer.isBuffer(frame) ? frame : Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength)
    this.#end = frame.byteLength
  }

  /** Byte position of the next read, from 0. */
  get position(): number {
    return this.#position
  }

  /** Bytes between the position and the end of the frame. */
  get remaining(): number {
    return this.#end - this.#position
  }

  /** Steps over `count` bytes and gives the position where they begin. */
  #take(count: number): number {
    const from = this.#position
    if (count > this.#end - from) {
      throw new MalformedInput(`${count} bytes wanted, ${this.#end - from} left`, from)
    }
    this.#position = from + count
    return from
  }

  skip(count: number): void {
    this.#take(count)
  }

  /** Counts messages that are about to be read from this frame; too many are MalformedInput. */
  countNestedMessages(count: number): void {
    this.#nestedMessages += count
    if (this.#nestedMessages > nestedMessagesMax) {
      throw new MalformedInput(`more than ${nestedMessagesMax} messages in one`, this.#position)
    }
  }

  /** Any byte but 0 is true, as in Kafka. */
  bool(): boolean {
    return this.#bytes[this.#take(1)] !== 0
  }

  int8(): number {
    return this.#bytes.readInt8(this.#take(1))
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#take(2))
  }

  uint16(): number {
    return this.#bytes.readUInt16BE(this.#take(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#take(4))
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#take(4))
  }

  /** Refuses what a number cannot hold exactly: beyond ±(2^53 - 1). */
  int64(): number {
    const from = this.#take(8)
    const value = this.#bytes.readInt32BE(from) * twoTo32 + this.#bytes.readUInt32BE(from + 4)
    if (!Number.isSafeInteger(value)) throw new MalformedInput('an integer beyond 2^53', from)
    return value
  }

  bigint64(): bigint {
    return this.#bytes.readBigInt64BE(this.#take(8))
  }

  float64(): number {
    return this.#bytes.readDoubleBE(this.#take(8))
  }

  /** An unsigned LEB128 number of at most 32 bits, in one to five bytes. */
  unsignedVarint(): number {
    const from = this.#position
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#bytes[this.#take(1)] as number
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    const last = this.#bytes[this.#take(1)] as number
    if (last > 0x0f) throw new MalformedInput('a varint of more than 32 bits', from)
    return value + last * twoTo28
  }

  /** A zigzag LEB128 number of at most 32 bits, signed. */
  varint(): number {
    const value = this.unsignedVarint()
    return (value >>> 1) ^ -(value & 1)
  }

  /** A zigzag LEB128 number of at most 64 bits, in one to ten bytes; refuses what is beyond ±(2^53 - 1). */
  varlong(): number {
    const from = this.#position
    let low = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#bytes[this.#take(1)] as number
      low |= (byte & 0x7f) << shift
      if (byte < 0x80) return (low >>> 1) ^ -(low & 1)
    }
    // Four bytes were read and more follow. The rest is kept apart, as the whole may have 64 bits before its lowest
    // bit, the sign, is taken off.
    let high = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.#take(1)] as number
      high += (byte & 0x7f) * scale
      if (byte < 0x80) break
      if (this.#position - from >= 10) throw new MalformedInput('a varint of more than 64 bits', from)
    }
    const magnitude = (low >>> 1) + high * twoTo27
    if (magnitude > Number.MAX_SAFE_INTEGER - (low & 1)) {
      throw new MalformedInput('an integer beyond 2^53', from)
    }
    return (low & 1) === 0 ? magnitude : -magnitude - 1
  }

  /** The next `length` bytes as UTF-8 text; what is no UTF-8 becomes U+FFFD, as in Kafka. */
  string(length: number): string {
    const from = this.#take(length)
    return this.#bytes.toString('utf8', from, from + length)
  }

  /** A view on the next `length` bytes, without a copy. */
  bytes(length: number): Buffer {
    const from = this.#take(length)
    return this.#bytes.subarray(from, from + length)
  }

  /** Sixteen bytes in the form that Kafka prints: 22 characters of base64url. */
  uuid(): string {
    const from = this.#take(16)
    return this.#bytes.toString('base64url', from, from + 16)
  }
}
