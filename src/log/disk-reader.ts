import { nextOffsetOf } from '../record/batch-header.ts'
import type { Offset, Position } from '../record/offset.ts'
import { LogReadFault } from './log-faults.ts'
import type { LogParts } from './log-parts.ts'
import { emptySlice, type LogSlice } from './log-slice.ts'
import { PooledSlice } from './pooled-slice.ts'
import { type ReadMemory, unboundedReadMemory } from './read-memory.ts'
import type { Segment } from './segment.ts'
import { positionBefore } from './segment-loader.ts'
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

interface Cursor {
  readonly offset: Offset
  readonly segment: Segment
  readonly position: Position
}

/** What a look into one buffer showed. */
interface Found {
  readonly start: number
  readonly end: number
  readonly nextOffset: Offset
  /** Where to go on when no batch is in [start, end): its position in the buffer, and its size if that is known. */
  readonly more: { readonly at: number; readonly size: number } | null
}

/** Reads of what is no longer in memory: one read from the file as a rule, into a buffer that is used again. */
export class DiskReader {
  readonly #parts: LogParts
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
      const position = this.#takeCursor(segment, from) ?? (await positionBefore(this.#parts, segment, from))
      return await this.#readFrom(segment, position, request)
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
  async #readFrom(segment: Segment, start: Position, request: LogReadRequest): Promise<LogSlice | null> {
    const { buffers } = this.#parts.files
    const memory = request.memory ?? unboundedReadMemory
    let position = start
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
        this.#keepCursor({ offset: request.from, segment, position })
        return emptySlice(request.from)
      }
      let kept = false
      try {
        const block = buffer.subarray(0, wanted)
        if (!(await this.#fill(segment, block, position))) continue
        const found = this.#look(segment, block, request)
        if (found.end > found.start) {
          kept = true
          this.#keepCursor({ offset: found.nextOffset, segment, position: position + found.end })
          const bytes = block.subarray(found.start, found.end)
          return new PooledSlice({
            batches: [bytes],
            nextOffset: found.nextOffset,
            whole: buffer,
            pool: buffers,
            memory,
          })
        }
        if (found.more === null) return emptySlice(request.from)
        position += found.more.at
        wantAtLeast = Math.max(smallestRead, found.more.size)
        // The segment's last batch is below what was asked for.
        if (found.more.at === block.length) continue
        if (position + Math.max(found.more.size, this.#parts.format.headerBytes) > end)
          throw this.#badBatch(segment, position, request)
      } finally {
        if (!kept) {
          buffers.give(buffer)
          memory.give(buffer.length)
        }
      }
    }
  }

  /** False: the log was cut while it was read. */
  async #fill(segment: Segment, block: Buffer, position: Position): Promise<boolean> {
    const read = await useSegment(this.#parts.files, segment, (file) => file.read(block, position))
    if (read === block.length) return true
    // Less than was written: the file was cut, by this log or by somebody else.
    if (segment.writtenBytes < position + block.length) return false
    throw this.#badBatch(segment, position + read, { from: -1, upTo: -1 })
  }

  #look(segment: Segment, block: Buffer, request: LogReadRequest): Found {
    let at = 0
    let nextOffset = request.from
    let size = this.#sizeAt(segment, block, at)
    while (size !== null && at + size <= block.length && nextOffsetOf(block, at) <= request.from) {
      at += size
      size = this.#sizeAt(segment, block, at)
    }
    const start = at
    while (size !== null && at + size <= block.length) {
      const next = nextOffsetOf(block, at)
      const isFree = at === start && request.minOneBatch
      if (next > request.upTo || (at + size - start > request.maxBytes && !isFree)) {
        return { start, end: at, nextOffset, more: null }
      }
      if (next <= nextOffset) throw this.#badBatch(segment, at, request)
      nextOffset = next
      at += size
      size = this.#sizeAt(segment, block, at)
    }
    if (at > start) return { start, end: at, nextOffset, more: null }
    // The batch is cut off by the buffer's end. It is read for itself, unless it is too large to be given anyway.
    const isTooLarge = size !== null && size > request.maxBytes && !request.minOneBatch
    const isAbove = size !== null && nextOffsetOf(block, at) > request.upTo
    return { start, end: start, nextOffset, more: isTooLarge || isAbove ? null : { at, size: size ?? 0 } }
  }

  /** Size of the batch at `at`; null where the block ends before its header does. Garbage is a fault. */
  #sizeAt(segment: Segment, block: Buffer, at: number): number | null {
    const { format } = this.#parts
    if (at + format.headerBytes > block.length) return null
    const size = format.plausibleSize(block, at)
    if (size === null) throw this.#badBatch(segment, at, { from: -1, upTo: -1 })
    return size
  }

  #takeCursor(segment: Segment, offset: Offset): Position | null {
    const at = this.#cursors.findIndex((cursor) => cursor.offset === offset && cursor.segment === segment)
    if (at < 0) return segment.baseOffset >= offset ? 0 : null
    const [cursor] = this.#cursors.splice(at, 1) as [Cursor]
    return cursor.position
  }

  #keepCursor(cursor: Cursor): void {
    if (this.#cursors.length === cursorsKept) this.#cursors.shift()
    this.#cursors.push(cursor)
  }

  #badBatch(segment: Segment, position: Position, at: { from: Offset; upTo: Offset }): LogReadFault {
    this.#parts.logger.error({ path: segment.path, position }, 'bytes on disk are no record batch, and are not served')
    return this.#fault('damaged', at)
  }

  #fault(code: LogReadFault['code'], { from, upTo }: { from: Offset; upTo: Offset }): LogReadFault {
    return new LogReadFault({ code, directory: this.#parts.directory, from, upTo })
  }
}
