import type { Offset } from '../../record/offset.ts'
import { invariant } from '../../runtime/invariant.ts'
import type { LogReadRequest } from '../disk-reader.ts'
import { LogReadFault } from '../log-faults.ts'
import type { LogParts } from '../log-parts.ts'
import { emptySlice, type LogSlice } from '../log-slice.ts'
import type { LogTail } from '../log-tail.ts'
import { PooledSlice } from '../pooled-slice.ts'
import { unboundedReadMemory } from '../read-memory.ts'
import type { Segment } from '../segment.ts'
import { overAgainIfGone, SegmentGone, useSegment } from '../segment-use.ts'
import type { TailMemory } from '../tail-memory.ts'
import { TailSlice } from '../tail-slice.ts'
import { type ConsumeQueueEntry, nextOffsetOfEntry } from './consume-queue-entry.ts'
import { frameFormat, frameHeaderBytes, frameHeaderHolds, framePlaceOf } from './frame.ts'
import type { LogQueue } from './log-queue.ts'
import { queueKey } from './queue-name.ts'

/** One read of a queue from disk gives at most this much, unless one batch is larger. */
const largestRead = 4 * 1024 * 1024

/** Frames of one queue that lie behind each other in a segment: one read. */
interface Span {
  readonly position: number
  bytes: number
}

/** Reads the batches of one queue out of the commit log, by what its consume queue says. */
export class QueueReader {
  readonly #parts: LogParts
  readonly #tail: LogTail
  readonly #memory: TailMemory

  constructor(parts: LogParts, tail: LogTail, memory: TailMemory) {
    this.#parts = parts
    this.#tail = tail
    this.#memory = memory
  }

  /**
   * As `Log.read`, with queue offsets: whole batches from the one that holds `from` on. `writtenUpTo` is of the group: what
   * is above is in memory only. From memory at once, else as a promise.
   */
  read(queue: LogQueue, request: LogReadRequest, writtenUpTo: Offset): LogSlice | Promise<LogSlice> {
    const { from, upTo } = request
    if (from < queue.startOffset || from > queue.endOffset) throw this.#outOfRange(queue)
    if (from >= upTo || from === queue.endOffset) return emptySlice(from)
    const recent = queue.entries.recentFrom(from)
    const slice = recent === null ? null : this.#fromTail(recent, request)
    return slice ?? overAgainIfGone(() => this.#fromDisk(queue, request, writtenUpTo))
  }

  /** Null: memory does not hold the first batch any more. */
  #fromTail(entries: readonly ConsumeQueueEntry[], request: LogReadRequest): LogSlice | null {
    const slice = new TailSlice(this.#memory, request.from)
    for (const entry of withinLimits(entries, request)) {
      const place = this.#tail.entryAt(entry.groupOffset)
      if (place === null) break
      slice.add(place.chunk, place.start + frameHeaderBytes, place.end, nextOffsetOfEntry(entry))
    }
    if (slice.bytes > 0) return slice
    slice.release()
    const first = entries[0]
    const isInMemory = first !== undefined && this.#tail.entryAt(first.groupOffset) !== null
    return isInMemory ? emptySlice(request.from) : null
  }

  async #fromDisk(queue: LogQueue, request: LogReadRequest, writtenUpTo: Offset): Promise<LogSlice> {
    const entries = await queue.entries.from(request.from)
    const [first] = entries
    if (first === undefined || first.offset > request.from) throw this.#damaged(queue, request.from)
    const { segments } = this.#parts
    // What the consume queue still tells of may be gone from the log. Not yet gone it is given: below the beginning of the log, where that of
    // the queue follows with the segments.
    if (first.groupOffset < segments.first.baseOffset) throw this.#outOfRange(queue)
    if (first.groupOffset >= writtenUpTo) return emptySlice(request.from)
    const segment = segments.floor(first.groupOffset)
    const segmentEnd = Math.min(segments.next(segment)?.baseOffset ?? writtenUpTo, writtenUpTo)
    const here = withinLimits(entries, request).filter(({ groupOffset }) => groupOffset < segmentEnd)
    if (!here.every((entry) => isWithin(segment, entry))) throw this.#damaged(queue, request.from)
    if (here.length === 0) return emptySlice(request.from)
    return await this.#readFrames(queue, segment, here, request)
  }

  async #readFrames(
    queue: LogQueue,
    segment: Segment,
    entries: readonly ConsumeQueueEntry[],
    request: LogReadRequest,
  ): Promise<LogSlice> {
    const memory = request.memory ?? unboundedReadMemory
    const { buffers } = this.#parts.files
    const { version } = queue.entries
    const wanted = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    const first = entries[0] as ConsumeQueueEntry
    const whole = buffers.takeWithin(memory, { least: first.sizeBytes, wanted })
    if (whole === null) return emptySlice(request.from)
    const given = entries.slice(0, countWithin(entries, whole.length))
    try {
      await this.#fill(segment, spansOf(given), whole)
      const batches = this.#batchesIn(queue, given, whole)
      const nextOffset = nextOffsetOfEntry(given.at(-1) as ConsumeQueueEntry)
      return new PooledSlice({ batches, nextOffset, whole, pool: buffers, memory })
    } catch (error) {
      buffers.give(whole)
      memory.give(whole.length)
      // Removed or cut while it was read: whatever was read then means nothing.
      if (segment.isDeleted || version !== queue.entries.version) throw new SegmentGone(segment.path)
      throw error
    }
  }

  async #fill(segment: Segment, spans: readonly Span[], into: Buffer): Promise<void> {
    await useSegment(this.#parts.files, segment, async (file) => {
      let at = 0
      const reads = spans.map(async ({ position, bytes }) => {
        const part = into.subarray(at, at + bytes)
        at += bytes
        const read = await file.read(part, position)
        if (read < bytes) part.fill(0, read)
      })
      // All of them: a read that goes on would write into a buffer that is another's by then.
      for (const outcome of await Promise.allSettled(reads)) if (outcome.status === 'rejected') throw outcome.reason
    })
  }

  #batchesIn(queue: LogQueue, entries: readonly ConsumeQueueEntry[], bytes: Buffer): Buffer[] {
    let at = 0
    return entries.map((entry) => {
      const start = at
      at += entry.sizeBytes
      const isWhole = frameFormat.plausibleSize(bytes, start) === entry.sizeBytes && frameHeaderHolds(bytes, start)
      const place = isWhole ? framePlaceOf(bytes, start) : null
      if (place === null || queueKey(place) !== queueKey(queue) || place.offset !== entry.offset) {
        throw this.#damaged(queue, entry.offset)
      }
      return bytes.subarray(start + frameHeaderBytes, at)
    })
  }

  #outOfRange({ startOffset, endOffset }: LogQueue): LogReadFault {
    return this.#fault('offset-out-of-range', startOffset, endOffset)
  }

  #damaged({ topicId, partition, endOffset }: LogQueue, from: Offset): LogReadFault {
    const { logger, directory } = this.#parts
    logger.error(
      { directory, topicId, partition, from },
      'no frame of the queue is where it should be, and none is served',
    )
    return this.#fault('damaged', from, endOffset)
  }

  #fault(code: LogReadFault['code'], from: Offset, upTo: Offset): LogReadFault {
    return new LogReadFault({ code, directory: this.#parts.directory, from, upTo })
  }
}

/** Whether there can be such a frame: a consume queue is believed after a clean stop, and a disk may give back anything. */
function isWithin({ writtenBytes }: Segment, { position, sizeBytes, offsets }: ConsumeQueueEntry): boolean {
  const { headerBytes } = frameFormat
  return position >= 0 && sizeBytes >= headerBytes && sizeBytes <= writtenBytes - position && offsets > 0
}

/** The first entries that end at or below `upTo` and have at most `maxBytes` in all; the first one anyway, with `minOneBatch`. */
function withinLimits(entries: readonly ConsumeQueueEntry[], request: LogReadRequest): ConsumeQueueEntry[] {
  const given: ConsumeQueueEntry[] = []
  let room = Math.min(request.maxBytes, largestRead)
  let expected = entries[0]?.offset ?? 0
  for (const entry of entries) {
    const bytes = entry.sizeBytes - frameHeaderBytes
    const isFree = given.length === 0 && request.minOneBatch
    // Not over a gap, which damage has left.
    if (entry.offset !== expected || nextOffsetOfEntry(entry) > request.upTo || (bytes > room && !isFree)) break
    given.push(entry)
    expected = nextOffsetOfEntry(entry)
    room -= bytes
  }
  return given
}

function countWithin(entries: readonly ConsumeQueueEntry[], bytes: number): number {
  let room = bytes
  const end = entries.findIndex(({ sizeBytes }) => {
    room -= sizeBytes
    return room < 0
  })
  invariant(end !== 0, 'a buffer without room for one batch', { bytes })
  return end < 0 ? entries.length : end
}

function spansOf(entries: readonly ConsumeQueueEntry[]): Span[] {
  const spans: Span[] = []
  for (const { position, sizeBytes } of entries) {
    const last = spans.at(-1)
    if (last !== undefined && last.position + last.bytes === position) last.bytes += sizeBytes
    else spans.push({ position, bytes: sizeBytes })
  }
  return spans
}
