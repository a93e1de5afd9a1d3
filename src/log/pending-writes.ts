import type { Offset } from '../record/offset.ts'
import type { Segment } from './segment.ts'
import type { TailChunk, TailMemory } from './tail-memory.ts'

/** Bytes that lie behind each other in a chunk and in a segment, and wait to be written. */
export interface PendingWrite {
  readonly segment: Segment
  readonly chunk: TailChunk
  readonly start: number
  end: number
  nextOffset: Offset
  records: number
}

/** What one vectored write takes. The system's own limit is 1,024 buffers. */
export interface WriteGroup {
  readonly segment: Segment
  readonly writes: readonly PendingWrite[]
  readonly buffers: readonly Buffer[]
  readonly bytes: number
  readonly records: number
  readonly nextOffset: Offset
}

const buffersPerWrite = 1024
const bytesPerWrite = 32 * 1024 * 1024

/** Appends of one log that wait for the write in flight to end. Bounded by the tail memory, in which their bytes are. */
export class PendingWrites {
  readonly #memory: TailMemory
  #queue: PendingWrite[] = []

  constructor(memory: TailMemory) {
    this.#memory = memory
  }

  get isEmpty(): boolean {
    return this.#queue.length === 0
  }

  /** Bytes at [chunk.used, + bytes) of the chunk are to be written at the segment's end. */
  add(segment: Segment, chunk: TailChunk, bytes: number, batch: { nextOffset: Offset; records: number }): void {
    const last = this.#queue[this.#queue.length - 1]
    if (last !== undefined && last.segment === segment && last.chunk === chunk && last.end === chunk.used) {
      this.#memory.tookMore(chunk, bytes)
      last.end += bytes
      last.nextOffset = batch.nextOffset
      last.records += batch.records
      return
    }
    const start = chunk.used
    this.#memory.took(chunk, bytes)
    this.#queue.push({ segment, chunk, start, end: start + bytes, ...batch })
  }

  /** Takes what the next write may hold: all that waits, up to the end of a segment and the limits of one write. */
  take(): WriteGroup {
    const { segment } = this.#queue[0] as PendingWrite
    const buffers: Buffer[] = []
    let bytes = 0
    let records = 0
    let count = 0
    for (const write of this.#queue) {
      const size = write.end - write.start
      if (write.segment !== segment || count === buffersPerWrite || (count > 0 && bytes + size > bytesPerWrite)) break
      buffers.push(write.chunk.buffer.subarray(write.start, write.end))
      bytes += size
      records += write.records
      count++
    }
    const writes = this.#queue.splice(0, count)
    const { nextOffset } = writes[count - 1] as PendingWrite
    return { segment, writes, buffers, bytes, records, nextOffset }
  }

  /** The group's bytes are written, or will not be: their chunks may be used again. */
  done(group: WriteGroup): void {
    for (const { chunk, start, end } of group.writes) this.#memory.written(chunk, end - start)
  }

  /** Gives up everything that waits. */
  drop(): void {
    for (const { chunk, start, end } of this.#queue) this.#memory.written(chunk, end - start)
    this.#queue = []
  }
}
