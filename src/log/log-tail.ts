import { batchSizeOf, nextOffsetOf } from '../record/batch-header.ts'
import type { Offset } from '../record/offset.ts'
import type { LogReadRequest } from './disk-reader.ts'
import type { LogSlice } from './log-slice.ts'
import type { TailChunk, TailMemory, TailResident } from './tail-memory.ts'
import { TailSlice } from './tail-slice.ts'

/** Batches are gathered into runs up to this size: what a read has to step through at most to find its first batch. */
const runBytes = 32 * 1024

/** Batches of one log that lie behind each other in one chunk. */
class TailRun implements TailResident {
  readonly tail: LogTail
  readonly chunk: TailChunk
  readonly start: number
  readonly baseOffset: Offset
  end: number
  nextOffset: Offset

  constructor(
    tail: LogTail,
    place: { chunk: TailChunk; start: number; end: number; baseOffset: Offset; next: Offset },
  ) {
    this.tail = tail
    this.chunk = place.chunk
    this.start = place.start
    this.end = place.end
    this.baseOffset = place.baseOffset
    this.nextOffset = place.next
  }

  evict(): void {
    this.tail.evictThrough(this)
  }
}

/** The newest batches of one log as they lie in the broker's tail memory: gapless up to the log end. */
export class LogTail {
  readonly #memory: TailMemory
  #runs: TailRun[] = []
  /** Runs before this one are evicted; the array is cut only now and then. */
  #first = 0
  /** What is lower in the first run stands otherwise on the disk. */
  #readableFrom: Offset = 0

  constructor(memory: TailMemory) {
    this.#memory = memory
  }

  /** First offset that can be read from memory; null: nothing is here. */
  get startOffset(): Offset | null {
    return this.#runs[this.#first]?.baseOffset ?? null
  }

  /** Notes batches that were just put at [start, end) of the chunk. */
  add(chunk: TailChunk, start: number, end: number, offsets: { baseOffset: Offset; nextOffset: Offset }): void {
    const last = this.#runs[this.#runs.length - 1]
    if (last !== undefined && last.chunk === chunk && last.end === start && end - last.start <= runBytes) {
      last.end = end
      last.nextOffset = offsets.nextOffset
      return
    }
    const { baseOffset, nextOffset: next } = offsets
    const run = new TailRun(this, { chunk, start, end, baseOffset, next })
    this.#runs.push(run)
    chunk.residents.push(run)
  }

  /** The run's bytes are going; what is older is no longer joined to the newest and goes with it. */
  evictThrough(run: TailRun): void {
    // A run from before the tail was cleared: its offsets may belong to other bytes by now.
    const at = this.#runHolding(run.baseOffset)
    if (at < 0 || this.#runs[at] !== run) return
    this.#first = at + 1
    if (this.#first === this.#runs.length) {
      this.clear()
    } else if (this.#first >= 64 && this.#first * 2 >= this.#runs.length) {
      this.#runs = this.#runs.slice(this.#first)
      this.#first = 0
    }
  }

  /** Forgets what lies below `offset`: it stands otherwise on the disk now. */
  evictBelow(offset: Offset): void {
    const runs = this.#runs.slice(this.#first)
    const above = runs.findIndex(({ nextOffset }) => nextOffset > offset)
    const last = above < 0 ? runs[runs.length - 1] : runs[above - 1]
    if (last !== undefined) this.evictThrough(last)
    // A later compaction may rewrite an older part only.
    if (this.#runs.length > 0) this.#readableFrom = Math.max(this.#readableFrom, offset)
  }

  /** Forgets everything, for truncation and after a fault. Slices that are out stay pinned. */
  clear(): void {
    this.#runs = []
    this.#first = 0
    this.#readableFrom = 0
  }

  /**
   * Whole batches from the one that holds `from` on, or null when memory does not reach back to it. With `bounded`, also when
   * it has lent as much as it may. See `Log.read`.
   */
  read(request: LogReadRequest, { bounded }: { bounded: boolean }): LogSlice | null {
    const at = this.#runHolding(request.from)
    if (at < 0 || request.from < this.#readableFrom) return null
    if (bounded && !this.#memory.mayLend((this.#runs[at] as TailRun).chunk)) return null
    const slice = new TailSlice(this.#memory, request.from)
    let room = request.maxBytes
    for (let i = at; i < this.#runs.length; i++) {
      const run = this.#runs[i] as TailRun
      if (run.baseOffset >= request.upTo || (bounded && !this.#memory.mayLend(run.chunk))) break
      const start = i === at ? firstBatchHolding(run, request.from) : run.start
      const end = this.#endWithin(run, start, request.upTo, room, slice.bytes === 0 && request.minOneBatch)
      if (end > start) slice.add(run.chunk, start, end, nextOffsetUpTo(run, start, end))
      if (end < run.end) break
      room -= end - start
    }
    return slice
  }

  /** Where the entry that holds `offset` lies; null: it is not in memory. */
  entryAt(offset: Offset): { chunk: TailChunk; start: number; end: number } | null {
    const at = this.#runHolding(offset)
    if (at < 0 || offset < this.#readableFrom) return null
    const run = this.#runs[at] as TailRun
    const start = firstBatchHolding(run, offset)
    return start < run.end ? { chunk: run.chunk, start, end: start + batchSizeOf(run.chunk.buffer, start) } : null
  }

  #endWithin(run: TailRun, start: number, upTo: Offset, room: number, minOneBatch: boolean): number {
    if (run.nextOffset <= upTo && run.end - start <= room) return run.end
    const { buffer } = run.chunk
    let end = start
    while (end < run.end) {
      const size = batchSizeOf(buffer, end)
      const isFree = minOneBatch && end === start
      if (nextOffsetOf(buffer, end) > upTo || (end + size - start > room && !isFree)) break
      end += size
    }
    return end
  }

  #runHolding(offset: Offset): number {
    let low = this.#first
    let high = this.#runs.length - 1
    if (low > high || offset < (this.#runs[low] as TailRun).baseOffset) return -1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.#runs[middle] as TailRun).baseOffset <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** Where the first batch begins whose last offset is not below `from`; the run's end if it has none. */
function firstBatchHolding(run: TailRun, from: Offset): number {
  if (from <= run.baseOffset) return run.start
  if (from >= run.nextOffset) return run.end
  const { buffer } = run.chunk
  let at = run.start
  while (at < run.end && nextOffsetOf(buffer, at) <= from) at += batchSizeOf(buffer, at)
  return at
}

function nextOffsetUpTo(run: TailRun, start: number, end: number): Offset {
  if (end === run.end) return run.nextOffset
  const { buffer } = run.chunk
  let at = start
  let next = run.baseOffset
  while (at < end) {
    next = nextOffsetOf(buffer, at)
    at += batchSizeOf(buffer, at)
  }
  return next
}
