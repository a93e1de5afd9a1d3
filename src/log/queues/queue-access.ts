import { asBuffer } from '../../codec/as-buffer.ts'
import { BatchHeader } from '../../record/batch-header.ts'
import type { LeaderEpoch, Offset, Timestamp } from '../../record/offset.ts'
import type { LogReadRequest } from '../disk-reader.ts'
import type { LogParts } from '../log-parts.ts'
import type { LogSlice } from '../log-slice.ts'
import type { LogTail } from '../log-tail.ts'
import { recordOrBatch } from '../record-search.ts'
import { overAgainIfGone } from '../segment-use.ts'
import type { TailMemory } from '../tail-memory.ts'
import type { TimestampedOffset } from '../timestamp-search.ts'
import { type ConsumeQueueEntry, nextOffsetOfEntry } from './consume-queue-entry.ts'
import type { LogQueue } from './log-queue.ts'
import type { QueueName } from './queue-name.ts'
import { QueueReader } from './queue-reader.ts'
import type { Queues } from './queues.ts'

/** How far the log is written: what is above is in memory only. */
interface WrittenLog {
  readonly writtenUpTo: Offset
  exclusively<T>(task: () => Promise<T>): Promise<T>
}

/** The queues of a commit log as who reads them by queue offsets meets them. */
export class QueueAccess {
  readonly #queues: Queues
  readonly #reader: QueueReader
  readonly #written: WrittenLog

  constructor(of: { queues: Queues; parts: LogParts; tail: LogTail; memory: TailMemory; written: WrittenLog }) {
    this.#queues = of.queues
    this.#reader = new QueueReader(of.parts, of.tail, of.memory)
    this.#written = of.written
  }

  /** The queue, which begins at 0 if the log does not tell of it. */
  of(name: QueueName): LogQueue {
    return this.#queues.of(name)
  }

  /** Queues that the log tells of. */
  all(): Iterable<LogQueue> {
    return this.#queues.all()
  }

  /** Everything below the group offset is committed. */
  watermarkReached(groupOffset: Offset): void {
    this.#queues.watermarkReached(groupOffset)
  }

  /** Queues whose end nothing tells from `groupOffset` up to `upTo`: before the log begins there, something has to. */
  untoldFrom(groupOffset: Offset, upTo: Offset): LogQueue[] {
    return this.#queues.untoldFrom(groupOffset, upTo)
  }

  /** The topic is gone, for ever. Its batches go with the segments that they are in. */
  drop(topicId: string): Promise<void> {
    return this.#queues.drop(topicId)
  }

  /**
   * Whole batches of the queue from the one that holds `from` on, as `Log.read` gives those of a partition; all offsets are
   * the queue's. A read may end before `upTo` and `maxBytes` do.
   */
  read(queue: LogQueue, request: LogReadRequest): LogSlice | Promise<LogSlice> {
    return this.#reader.read(queue, request, this.#written.writtenUpTo)
  }

  /** First queue offset that is at or above a group offset; the queue's end: none is. */
  async offsetAt(queue: LogQueue, groupOffset: Offset): Promise<Offset> {
    const [entry] = await overAgainIfGone(() => queue.entries.fromGroupOffset(groupOffset))
    if (entry === undefined) return queue.endOffset
    return entry.offset + Math.max(0, groupOffset - entry.groupOffset)
  }

  /** Epoch of the batch at `offset`; -1: the queue keeps none there. */
  async epochAt(queue: LogQueue, offset: Offset): Promise<LeaderEpoch> {
    const [entry] = await overAgainIfGone(() => queue.entries.from(offset))
    return entry?.epoch ?? -1
  }

  /** The first record with a timestamp at or above `at`; null: none below `upTo`. */
  async offsetForTimestamp(queue: LogQueue, at: Timestamp, upTo: Offset): Promise<TimestampedOffset | null> {
    return await this.#find(queue, at, upTo, (timestamp) => timestamp >= at)
  }

  /** The (first) record with the largest timestamp of all; null: there is none, or it is not below `upTo`. */
  async offsetOfMaxTimestamp(queue: LogQueue, upTo: Offset): Promise<TimestampedOffset | null> {
    let largest: Timestamp = -1
    for (let from = queue.startOffset; from < queue.endOffset; ) {
      const entries = await overAgainIfGone(() => queue.entries.from(from))
      const last = entries.at(-1)
      if (last === undefined) break
      // What the queue has had up to its last batch, if that was not in what it keeps no more.
      largest = Math.max(largest, ...entries.map(({ maxTimestamp }) => maxTimestamp))
      from = this.#beyond(from, last)
    }
    return largest < 0 ? null : await this.#find(queue, largest, upTo, (timestamp) => timestamp === largest)
  }

  async #find(
    queue: LogQueue,
    at: Timestamp,
    upTo: Offset,
    isSought: (timestamp: Timestamp) => boolean,
  ): Promise<TimestampedOffset | null> {
    await this.#written.exclusively(async () => {})
    const { startOffset } = queue
    let entries = await overAgainIfGone(() => queue.entries.fromTimestamp(at))
    // The queue may have had such a time in what it keeps no more.
    if ((entries[0]?.offset ?? startOffset) < startOffset) entries = await this.#entriesFrom(queue, startOffset)
    for (let from: Offset = -1; entries.length > 0; ) {
      for (const entry of entries) {
        if (entry.offset >= upTo) return null
        if (entry.maxTimestamp < at) continue
        const found = await this.#recordIn(queue, entry, (record) => {
          return record.offset >= startOffset && isSought(record.timestamp)
        })
        if (found !== null) return found.offset < upTo ? found : null
      }
      from = this.#beyond(from, entries.at(-1) as ConsumeQueueEntry)
      entries = await this.#entriesFrom(queue, from)
    }
    return null
  }

  /** Behind the entry; an end above all where that would lead back, as what a disk gives may. */
  #beyond(from: Offset, entry: ConsumeQueueEntry): Offset {
    const next = nextOffsetOfEntry(entry)
    return next > from ? next : Number.MAX_SAFE_INTEGER
  }

  async #entriesFrom(queue: LogQueue, offset: Offset): Promise<ConsumeQueueEntry[]> {
    return await overAgainIfGone(() => queue.entries.from(offset))
  }

  async #recordIn(
    queue: LogQueue,
    { offset, epoch, offsets }: ConsumeQueueEntry,
    isSought: (record: { offset: Offset; timestamp: Timestamp }) => boolean,
  ): Promise<(TimestampedOffset & { epoch: LeaderEpoch }) | null> {
    const from = Math.max(offset, queue.startOffset)
    const slice = await this.read(queue, { from, upTo: offset + offsets, maxBytes: 1, minOneBatch: true })
    try {
      const [bytes] = slice.buffers
      if (bytes === undefined) return null
      const found = await recordOrBatch(new BatchHeader(asBuffer(bytes)), isSought)
      return found === null ? null : { offset: Math.max(found.offset, from), timestamp: found.timestamp, epoch }
    } finally {
      slice.release()
    }
  }
}
