import { MalformedInput } from '../codec/malformed-input.ts'
import { Reader } from '../codec/reader.ts'

/**
 * Steps through the records of one batch, decompressed, without making an object for each. What a record holds is told by
 * positions in `bytes`, and holds until the next step. Every length is checked: what is malformed is thrown as
 * MalformedInput when it is come to.
 */
export class RecordWalk {
  readonly bytes: Buffer
  /** Where the record begins, its length included, and ends. */
  start = 0
  end = 0
  timestampDelta = 0
  offsetDelta = 0
  /** What follows attributes and deltas: key, value and headers. */
  contentAt = 0
  keyAt = 0
  /** -1: there is no key, which is not an empty one. */
  keyBytes = -1
  /** -1: there is no value; the record is a tombstone. */
  valueBytes = -1
  readonly #reader: Reader

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.#reader = new Reader(bytes)
  }

  /** Steps to the next record; false at the end of the bytes. */
  next(): boolean {
    const reader = this.#reader
    if (reader.remaining === 0) return false
    this.start = reader.position
    const size = reader.varint()
    this.end = reader.position + size
    if (size < 0 || size > reader.remaining) throw new MalformedInput(`a record of ${size} bytes`, this.start)
    reader.skip(1)
    this.timestampDelta = reader.varlong()
    this.offsetDelta = reader.varint()
    this.contentAt = reader.position
    this.keyBytes = reader.varint()
    this.keyAt = reader.position
    if (this.keyBytes > 0) reader.skip(this.keyBytes)
    this.valueBytes = reader.varint()
    if (this.valueBytes > 0) reader.skip(this.valueBytes)
    this.#skipHeaders()
    if (reader.position !== this.end) {
      throw new MalformedInput('a record that is not as long as it says', this.start)
    }
    return true
  }

  #skipHeaders(): void {
    const reader = this.#reader
    const count = reader.varint()
    // Two lengths at least for each.
    if (count < 0 || count * 2 > reader.remaining) throw new MalformedInput(`${count} headers`, reader.position)
    for (let i = 0; i < count; i++) {
      const nameBytes = reader.varint()
      if (nameBytes < 0) throw new MalformedInput('a header without a key', reader.position)
      reader.skip(nameBytes)
      const valueBytes = reader.varint()
      if (valueBytes > 0) reader.skip(valueBytes)
    }
  }
}
