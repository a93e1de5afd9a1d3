import type { Random } from '../runtime/random.ts'

const seed = 0x9747b28c | 0
const multiplier = 0x5bd1e995

/** MurmurHash2 of 32 bits as Java's Kafka client computes it: records of a key go where its other producers send them. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length
  let hash = seed ^ length
  let at = 0
  for (; at + 4 <= length; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    let mixed = Math.imul(word, multiplier)
    mixed ^= mixed >>> 24
    hash = Math.imul(hash, multiplier) ^ Math.imul(mixed, multiplier)
  }
  let rest = 0
  for (let index = length - 1; index >= at; index--) rest = (rest << 8) | (bytes[index] as number)
  if (at < length) hash = Math.imul(hash ^ rest, multiplier)
  hash ^= hash >>> 13
  hash = Math.imul(hash, multiplier)
  return hash ^ (hash >>> 15)
}

/** The partition of a key: murmur2 without its sign, modulo the number of partitions. */
export function partitionOfKey(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions
}

/** Records without a key stay with one partition until its batch is full, then go to another: few large batches (KIP-480). */
export class StickyPartition {
  readonly #random: Random
  #current = -1

  constructor(random: Random) {
    this.#random = random
  }

  current(partitions: number): number {
    if (this.#current < 0 || this.#current >= partitions) this.#current = this.#random.integer(partitions)
    return this.#current
  }

  /** The batch of `partition` is on its way. */
  next(partition: number, partitions: number): void {
    if (partition !== this.#current || partitions < 2) return
    const step = 1 + this.#random.integer(partitions - 1)
    this.#current = (this.#current + step) % partitions
  }
}
