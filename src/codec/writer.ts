import { UnencodableValue } from './unencodable-value.ts'

/** Views of at least this many bytes are passed on as they are; below it a copy is cheaper than one more piece in a vectored write. */
const chunkBytesMin = 1024
const firstBlockBytes = 1024
const blockBytesMax = 64 * 1024
const twoTo27 = 2 ** 27
const twoTo32 = 2 ** 32

/**
 * Writes big-endian values into a list of chunks for one vectored write. Large byte values become chunks of their own,
 * uncopied: whoever owns them must leave them alone until the chunks are sent.
 */
export class Writer {
  readonly #chunks: Uint8Array[] = []
  #block = Buffer.allocUnsafe(firstBlockBytes)
  /** Where in the block the part begins that is not in `#chunks` yet. */
  #from = 0
  #at = 0
  #chunkedBytes = 0

  /** Bytes written so far. */
  get size(): number {
    return this.#chunkedBytes + this.#at - this.#from
  }

  /** What was written, in order. The writer is at its end with this. */
  finish(): Uint8Array[] {
    this.#cut()
    return this.#chunks
  }

  /** Room for `count` bytes in one piece; gives where it begins. */
  #room(count: number): number {
    const at = this.#at
    if (at + count > this.#block.length) return this.#newBlock(count)
    this.#at = at + count
    return at
  }

  #newBlock(count: number): number {
    this.#cut()
    this.#block = Buffer.allocUnsafe(Math.max(count, Math.min(this.#block.length * 2, blockBytesMax)))
    this.#from = 0
    this.#at = count
    return 0
  }

  #cut(): void {
    if (this.#at === this.#from) return
    this.#chunks.push(this.#block.subarray(this.#from, this.#at))
    this.#chunkedBytes += this.#at - this.#from
    this.#from = this.#at
  }

  bool(value: boolean): void {
    this.#byte(value ? 1 : 0)
  }

  int8(value: number): void {
    if ((value << 24) >> 24 !== value) throw outOfRange(value, 'int8')
    this.#byte(value)
  }

  int16(value: number): void {
    if ((value << 16) >> 16 !== value) throw outOfRange(value, 'int16')
    const at = this.#room(2)
    this.#block[at] = value >> 8
    this.#block[at + 1] = value
  }

  uint16(value: number): void {
    if ((value & 0xffff) !== value) throw outOfRange(value, 'uint16')
    const at = this.#room(2)
    this.#block[at] = value >> 8
    this.#block[at + 1] = value
  }

  int32(value: number): void {
    if ((value | 0) !== value) throw outOfRange(value, 'int32')
    this.#word(this.#room(4), value)
  }

  uint32(value: number): void {
    if (value >>> 0 !== value) throw outOfRange(value, 'uint32')
    this.#word(this.#room(4), value)
  }

  /** Refuses what is not exact in a number: beyond ±(2^53 - 1). */
  int64(value: number): void {
    if (!Number.isSafeInteger(value)) throw outOfRange(value, 'int64')
    const at = this.#room(8)
    this.#word(at, Math.floor(value / twoTo32))
    this.#word(at + 4, value)
  }

  /** The low 8 bits of the value. */
  #byte(value: number): void {
    // Room first: it may change the block.
    const at = this.#room(1)
    this.#block[at] = value
  }

  /** The low 32 bits of the value. */
  #word(at: number, value: number): void {
    const block = this.#block
    block[at] = value >> 24
    block[at + 1] = value >> 16
    block[at + 2] = value >> 8
    block[at + 3] = value
  }

  bigint64(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) throw new UnencodableValue(`${value} is no int64`)
    const at = this.#room(8)
    this.#block.writeBigInt64BE(value, at)
  }

  float64(value: number): void {
    const at = this.#room(8)
    this.#block.writeDoubleBE(value, at)
  }

  /** An unsigned LEB128 number of at most 32 bits. */
  unsignedVarint(value: number): void {
    if (value >>> 0 !== value) throw outOfRange(value, 'unsigned varint')
    let rest = value
    while (rest > 0x7f) {
      this.#byte((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.#byte(rest)
  }

  /** A zigzag LEB128 number of at most 32 bits, signed. */
  varint(value: number): void {
    if ((value | 0) !== value) throw outOfRange(value, 'varint')
    this.unsignedVarint(((value << 1) ^ (value >> 31)) >>> 0)
  }

  /** A zigzag LEB128 number, within ±(2^53 - 1). */
  varlong(value: number): void {
    if ((value | 0) === value) return this.varint(value)
    if (!Number.isSafeInteger(value)) throw outOfRange(value, 'varlong')
    // The magnitude without its sign has up to 53 bits; with it, one more than a number holds exactly.
    const magnitude = value < 0 ? -(value + 1) : value
    let low = (magnitude % twoTo27) * 2 + (value < 0 ? 1 : 0)
    for (let i = 0; i < 4; i++) {
      this.#byte((low & 0x7f) | 0x80)
      low >>>= 7
    }
    let high = Math.floor(magnitude / twoTo27)
    while (high > 0x7f) {
      this.#byte((high & 0x7f) | 0x80)
      high = Math.floor(high / 128)
    }
    this.#byte(high)
  }

  /** UTF-8 text of `length` bytes, as Buffer.byteLength counts them; without a length in front. */
  string(value: string, length: number): void {
    if (length === 0) return
    const at = this.#room(length)
    this.#block.write(value, at, length, 'utf8')
  }

  /** Bytes without a length in front: copied if few, else passed on as they are. */
  bytes(value: Uint8Array): void {
    if (value.length === 0) return
    if (value.length < chunkBytesMin) {
      const at = this.#room(value.length)
      this.#block.set(value, at)
      return
    }
    this.#cut()
    this.#chunks.push(value)
    this.#chunkedBytes += value.length
  }

  /** Sixteen bytes from Kafka's 22 characters of base64url. */
  uuid(value: string): void {
    if (value.length !== 22) throw new UnencodableValue(`${JSON.stringify(value)} is no uuid`)
    const at = this.#room(16)
    if (this.#block.write(value, at, 16, 'base64url') !== 16) {
      throw new UnencodableValue(`${JSON.stringify(value)} is no uuid`)
    }
  }
}

/** How many bytes `varlong` writes for the value, and `varint`. */
export function varlongBytes(value: number): number {
  const magnitude = value < 0 ? -(value + 1) : value
  let bytes = 1
  // The sign takes one bit of the first seven.
  for (let limit = 64; magnitude >= limit; limit *= 128) bytes += 1
  return bytes
}

/** The chunks as one piece; a single one is given as it is. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks)
}

function outOfRange(value: number, type: string): UnencodableValue {
  return new UnencodableValue(`${value} is no ${type}`)
}
