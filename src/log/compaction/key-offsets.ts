import { hash } from 'node:crypto'
import type { Offset } from '../../record/offset.ts'

/** Sixteen bytes of a key's hash, and an offset. */
export const bytesPerKey = 24
const secretBytes = 16
/** Keys up to this size are hashed without another buffer being made. */
const scratchBytes = 1024

/**
 * The newest offset of each key of a part of a log, in memory of fixed size. Of a key 128 bits of a hash are kept, made with
 * a secret of this process: that two keys share them does not happen by chance, and nobody can look for such a pair, as
 * they can where the hash is a known one.
 */
export class KeyOffsets {
  /** Keys that go in. */
  readonly capacity: number
  readonly #slots: number
  readonly #hashes: Int32Array
  /** One more than the offset; 0: the slot is free. */
  readonly #offsets: Float64Array
  readonly #scratch = Buffer.alloc(secretBytes + scratchBytes)
  #size = 0

  /** `loadFactor` of the slots that fit into `bytes` may be used: searches get longer the fuller the table is. */
  constructor(options: { bytes: number; loadFactor: number; secret: Uint8Array }) {
    const { bytes, loadFactor, secret } = options
    this.#slots = Math.max(2, Math.floor(bytes / bytesPerKey))
    this.capacity = Math.max(1, Math.min(this.#slots - 1, Math.floor(this.#slots * loadFactor)))
    this.#hashes = new Int32Array(this.#slots * 4)
    this.#offsets = new Float64Array(this.#slots)
    this.#scratch.set(secret.subarray(0, secretBytes))
  }

  /** Keys that are in. */
  get size(): number {
    return this.#size
  }

  /** Notes that the key stands at `offset`, above all that were noted before. False: it is new, and there is no room for it. */
  put(key: Uint8Array, offset: Offset): boolean {
    const digest = this.#hash(key)
    const slot = this.#find(digest)
    if (this.#offsets[slot] === 0) {
      if (this.#size >= this.capacity) return false
      this.#size++
      this.#hashes.set(digest, slot * 4)
    }
    this.#offsets[slot] = offset + 1
    return true
  }

  /** The newest offset noted for the key; -1: none. */
  get(key: Uint8Array): Offset {
    return (this.#offsets[this.#find(this.#hash(key))] as number) - 1
  }

  /** The slot that holds the hash, or the free one that it would go to. */
  #find(digest: Int32Array): number {
    const [a = 0, b, c, d] = digest
    const hashes = this.#hashes
    for (let slot = (a >>> 0) % this.#slots; ; slot = slot + 1 === this.#slots ? 0 : slot + 1) {
      if (this.#offsets[slot] === 0) return slot
      const at = slot * 4
      if (hashes[at] === a && hashes[at + 1] === b && hashes[at + 2] === c && hashes[at + 3] === d) return slot
    }
  }

  #hash(key: Uint8Array): Int32Array {
    const size = secretBytes + key.length
    let input = this.#scratch
    if (size > input.length) {
      input = Buffer.alloc(size)
      this.#scratch.copy(input, 0, 0, secretBytes)
    }
    input.set(key, secretBytes)
    const digest = hash('sha256', input.subarray(0, size), 'buffer')
    const aligned = digest.byteOffset % 4 === 0 ? digest : Uint8Array.from(digest)
    return new Int32Array(aligned.buffer, aligned.byteOffset, 4)
  }
}
