import { BatchHeader, nextOffsetOf } from '../record/batch-header.ts'
import type { Offset, Position } from '../record/offset.ts'
import { fitsBehind } from './batch-fit.ts'
import { LogReadFault } from './log-faults.ts'
import type { LogParts } from './log-parts.ts'
import { emptySlice, type LogSlice } from './log-slice.ts'
import { PooledSlice } from './pooled-slice.ts'
import { type ReadMemory, unboundedReadMemory } from './read-memory.ts'
import type { Segment } from './segment.ts'
import { type BatchPlace, placeBefore } from './segment-loader.ts'
import { overAgainIfGone, SegmentGone, useSegment } from './segment-use.ts'

export interface LogReadRequest {
  readonly from: Offset
  /** Exclusive: no batch that holds an offset at or above it. */
  readonly upTo: Offset
  readonly maxBytes: number
  /** Give the first batch even if it is larger than `maxBytes`. */
  readonly minOneBatch: boolean
  /** What buffers are counted in. If it refuses, nothing is read. */
  readonly memory?: ReadMemory
}

/** Readers of one log whose place is remembered, so that the next read begins where the last one ended. */
const cursorsKept = 4
/** Read at least this much: the index leads to within its interval before the batch that is sought. */
const smallestRead = 16 * 1024
/** One read gives at most this much, unless one batch is larger: buffers stay of a size that is worth keeping. */
const largestRead = 4 * 1024 * 1024

interface Cursor extends BatchPlace {
  readonly offset: Offset
  readonly segment: Segment
}

/** What a look into one buffer showed: batches to be given in [begin, end), or none. */
interface Found {
  readonly begin: number
  readonly end: number
  /** The offset of the batch at `end`. */
  readonly expected: Offset
  /** Without any batch, what is at `end`: one of so many bytes (0: unknown) that the buffer cuts off, a bad one, or one not to be given. */
  readonly next: number | 'bad' | null
}

/** A size that no batch has. */
const bad = -1

/** Bytes in a segment that are no good batch, or not the one that belongs there. What is damaged is yet to be found out. */
export class BadBatch extends LogReadFault {
  readonly segment: Segment

  constructor(segment: Segment, fault: { directory: string; from: Offset; upTo: Offset }) {
    super({ code: 'damaged', ...fault })
    this.segment = segment
  }
}

/** Reads of what is no longer in memory: one read from the file as a rule, into a buffer that is used again. */
export class DiskReader {
  readonly #parts: LogParts
  readonly #header = new BatchHeader(Buffer.alloc(0))
  #cursors: Cursor[] = []

  constructor(parts: LogParts) {
    this.#parts = parts
  }

  /** Whole batches as `Log.read` promises them. Everything asked for must be written; see `LogReadFault` for refusals. */
  async read(request: LogReadRequest): Promise<LogSlice> {
    return await overAgainIfGone(() => this.#readOnce(request))
  }

  async #readOnce(request: LogReadRequest): Promise<LogSlice> {
    const { segments, damage, logStartOffset } = this.#parts
    const { from, upTo } = request
    // The log start may have moved past it meanwhile.
    if (from < logStartOffset) throw this.#fault('offset-out-of-range', { from, upTo })
    const damaged = damage.at(from)
    if (damaged !== null) throw this.#fault('damaged', damaged)
    for (const segment of segments.from(from)) {
      if (segment.baseOffset >= request.upTo) break
      const slice = await this.#readSegment(segment, request)
      if (slice !== null) return slice
    }
    return emptySlice(from)
  }

  async #readSegment(segment: Segment, request: LogReadRequest): Promise<LogSlice | null> {
    const { from } = request
    try {
      const place = this.#takeCursor(segment, from) ?? (await placeBefore(this.#parts, segment, from))
      return await this.#readFrom(segment, place, request)
    } catch (error) {
      // Removed, or compacted into another: whatever was read then means nothing.
      if (segment.isDeleted) throw new SegmentGone(segment.path)
      throw error
    }
  }

  /** Forgets where readers were, when the log was cut. */
  forget(): void {
    this.#cursors = []
  }

  /** Null: the segment holds nothing from `from` on. */
  async #readFrom(segment: Segment, start: BatchPlace, request: LogReadRequest): Promise<LogSlice | null> {
    const { buffers } = this.#parts.files
    const memory = request.memory ?? unboundedReadMemory
    let { position, expected } = start
    let wantAtLeast = smallestRead
    for (;;) {
      const damaged = this.#parts.damage.firstIn(segment.baseOffset, position)
      const end = damaged?.position ?? segment.writtenBytes
      // Never over the damage to what lies behind it, though nothing was found before it (compaction leaves gaps).
      if (position >= end && damaged !== null) throw this.#fault('damaged', damaged)
      if (position >= end) return null
      const least = Math.min(wantAtLeast, end - position)
      const wanted = Math.min(Math.max(Math.min(request.maxBytes, largestRead), wantAtLeast), end - position)
      const buffer = buffers.takeWithin(memory, { least, wanted })
      if (buffer === null) {
        this.#keepCursor({ offset: request.from, segment, position, expected })
        return emptySlice(request.from)
      }
      let kept = false
      try {
        const block = buffer.subarray(0, wanted)
        if (!(await this.#fill(segment, block, { position, request }))) continue
        const found = this.#look(block, expected, request)
        if (found.end > found.begin) {
          kept = true
          const { begin, end: behind, expected: nextOffset } = found
          this.#keepCursor({ offset: nextOffset, segment, position: position + behind, expected: nextOffset })
          const batches = [block.subarray(begin, behind)]
          return new PooledSlice({ batches, nextOffset, whole: buffer, pool: buffers, memory })
        }
        if (found.next === 'bad') throw this.#badBatch(segment, request)
        if (found.next === null) return emptySlice(request.from)
        position += found.end
        expected = found.expected
        wantAtLeast = Math.max(smallestRead, found.next)
        // The segment's last batch is below what was asked for.
        if (found.end === block.length) continue
        const least = Math.max(found.next, this.#parts.format.headerBytes)
        if (position + least > end) throw this.#badBatch(segment, request)
      } finally {
        if (!kept) {
          buffers.give(buffer)
          memory.give(buffer.length)
        }
      }
    }
  }

  /** False: the log was cut while it was read. */
  async #fill(
    segment: Segment,
    block: Buffer,
    { position, request }: { position: Position; request: LogReadRequest },
  ): Promise<boolean> {
    const read = await useSegment(this.#parts.files, segment, (file) => file.read(block, position))
    if (read === block.length) return true
    // Less than was written: the file was cut, by this log or by somebody else.
    if (segment.writtenBytes < position + block.length) return false
    throw this.#badBatch(segment, request)
  }

  /**
   * Steps over what lies below `from`, and takes what may be given. Every batch is checked, those stepped over too: they tell
   * what comes next.
   */
  #look(block: Buffer, start: Offset, request: LogReadRequest): Found {
    let expected = start
    let begin = -1
    let at = 0
    for (;;) {
      const size = this.#sizeAt(block, at)
      const isWhole = size !== null && at + size <= block.length
      const isBad = size === bad || (isWhole && !this.#isGood(block, at, expected))
      if (begin >= 0 && (isBad || !isWhole)) return { begin, end: at, expected, next: null }
      if (isBad) return { begin: at, end: at, expected, next: 'bad' }
      const nextOffset = size === null ? -1 : nextOffsetOf(block, at)
      if (isWhole && nextOffset <= request.from) {
        at += size
        expected = nextOffset
        continue
      }
      const isFree = begin < 0 && request.minOneBatch
      const bytes = (size ?? 0) + (begin < 0 ? 0 : at - begin)
      const isTooMuch = nextOffset > request.upTo || (bytes > request.maxBytes && !isFree)
      if (isTooMuch) return { begin: begin < 0 ? at : begin, end: at, expected, next: null }
      // The batch is cut off by the buffer's end, and is read for itself.
      if (!isWhole) return { begin: at, end: at, expected, next: size ?? 0 }
      if (begin < 0) begin = at
      at += size
      expected = nextOffset
    }
  }

  #isGood(block: Buffer, at: number, expected: Offset): boolean {
    const isHeld = this.#parts.format.holds(block, at)
    return isHeld && fitsBehind(expected, this.#header.moveTo(block, at), this.#parts)
  }

  /** Size of the batch at `at`; null where the block ends before its header does. */
  #sizeAt(block: Buffer, at: number): number | null {
    const { format } = this.#parts
    if (at + format.headerBytes > block.length) return null
    return format.plausibleSize(block, at) ?? bad
  }

  #takeCursor(segment: Segment, offset: Offset): BatchPlace | null {
    const at = this.#cursors.findIndex((cursor) => cursor.offset === offset && cursor.segment === segment)
    if (at < 0) return segment.baseOffset >= offset ? { position: 0, expected: segment.baseOffset } : null
    const [cursor] = this.#cursors.splice(at, 1) as [Cursor]
    return cursor
  }

  #keepCursor(cursor: Cursor): void {
    if (this.#cursors.length === cursorsKept) this.#cursors.shift()
    this.#cursors.push(cursor)
  }

  #badBatch(segment: Segment, { from, upTo }: LogReadRequest): BadBatch {
    return new BadBatch(segment, { directory: this.#parts.directory, from, upTo })
  }

  #fault(code: LogReadFault['code'], { from, upTo }: { from: Offset; upTo: Offset }): LogReadFault {
    return new LogReadFault({ code, directory: this.#parts.directory, from, upTo })
  }
}
