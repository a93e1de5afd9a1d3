import type { Offset } from '../record/offset.ts'
import { invariant } from '../runtime/invariant.ts'
import type { LogSlice } from './log-slice.ts'
import type { TailChunk, TailMemory } from './tail-memory.ts'

/** Bytes of the tail memory, lent until they are released. */
export class TailSlice implements LogSlice {
  readonly buffers: Buffer[] = []
  bytes = 0
  nextOffset: Offset
  readonly #memory: TailMemory
  readonly #chunks: TailChunk[] = []
  #lastStart = 0
  #lastEnd = -1
  #released = false

  constructor(memory: TailMemory, from: Offset) {
    this.#memory = memory
    this.nextOffset = from
  }

  add(chunk: TailChunk, start: number, end: number, nextOffset: Offset): void {
    const lastChunk = this.#chunks[this.#chunks.length - 1]
    this.bytes += end - start
    this.nextOffset = nextOffset
    if (lastChunk === chunk && this.#lastEnd === start) {
      this.#lastEnd = end
      this.buffers[this.buffers.length - 1] = chunk.buffer.subarray(this.#lastStart, end)
      return
    }
    if (lastChunk !== chunk) {
      this.#chunks.push(chunk)
      this.#memory.lend(chunk)
    }
    this.#lastStart = start
    this.#lastEnd = end
    this.buffers.push(chunk.buffer.subarray(start, end))
  }

  release(): void {
    invariant(!this.#released, 'a log slice was released twice', { nextOffset: this.nextOffset })
    this.#released = true
    for (const chunk of this.#chunks) this.#memory.takeBack(chunk)
  }
}
