import { invariant } from '../invariant.ts'
import type { Random } from '../random.ts'

/**
 * Seeded randomness: xoshiro128** (Blackman and Vigna), its state filled by splitmix32. The same seed gives the same
 * draws on every machine and Node version.
 */
export class SimRandom implements Random {
  readonly #seed: string
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(seed: number | string) {
    this.#seed = `${seed}`
    const next = splitmix32(hash32(this.#seed))
    this.#a = next()
    this.#b = next()
    this.#c = next()
    // Never all zero: xoshiro would stay there.
    this.#d = next() | 1
  }

  /** A stream of its own, named: what one part of a world draws does not shift what another gets. */
  fork(name: string): SimRandom {
    return new SimRandom(`${this.#seed}/${name}`)
  }

  /** 32 random bits as an unsigned integer. */
  next(): number {
    const scrambled = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9)
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = rotateLeft(this.#d, 11)
    return scrambled >>> 0
  }

  integer(below: number): number {
    invariant(below >= 1 && below <= 2 ** 31, 'integer below what', { below })
    return Math.floor((this.next() / 2 ** 32) * below)
  }

  float(): number {
    return (this.next() * 0x200000 + (this.next() >>> 11)) / 2 ** 53
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count)
    for (let index = 0; index < count; index++) bytes[index] = this.next() & 0xff
    return bytes
  }

  /** True with the given probability, in [0, 1]. */
  chance(probability: number): boolean {
    return this.float() < probability
  }

  /** A float in [from, to). */
  between(from: number, to: number): number {
    return from + this.float() * (to - from)
  }

  pick<T>(from: readonly T[]): T {
    return from[this.integer(from.length)] as T
  }
}

function rotateLeft(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}

function splitmix32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let mixed = state ^ (state >>> 16)
    mixed = Math.imul(mixed, 0x21f0aaad)
    mixed ^= mixed >>> 15
    mixed = Math.imul(mixed, 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) | 0
  }
}

/** FNV-1a. */
function hash32(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  return hash
}
