import type { Offset } from '../record/offset.ts'
import { invariant } from '../runtime/invariant.ts'
import type { LogSlice } from './log-slice.ts'
import type { ReadBuffers } from './read-buffers.ts'
import type { ReadMemory } from './read-memory.ts'

/** Batches that were read from a file into a buffer of the pool, which gets it back with the release. */
export class PooledSlice implements LogSlice {
  readonly buffers: readonly Buffer[]
  readonly bytes: number
  readonly nextOffset: Offset
  readonly #whole: Buffer
  readonly #pool: ReadBuffers
  readonly #memory: ReadMemory
  #released = false

  /** `batches` lie in `whole`. */
  constructor(read: { batches: Buffer[]; nextOffset: Offset; whole: Buffer; pool: ReadBuffers; memory: ReadMemory }) {
    this.buffers = read.batches
    this.bytes = read.batches.reduce((sum, { length }) => sum + length, 0)
    this.nextOffset = read.nextOffset
    this.#whole = read.whole
    this.#pool = read.pool
    this.#memory = read.memory
  }

  release(): void {
    invariant(!this.#released, 'a log slice was released twice', { nextOffset: this.nextOffset })
    this.#released = true
    this.#pool.give(this.#whole)
    this.#memory.give(this.#whole.length)
  }
}
