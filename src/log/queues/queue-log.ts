import type { LeaderEpoch, Offset, Timestamp } from '../../record/offset.ts'
import type { AbortedTransaction } from '../aborted-transaction.ts'
import type { LogReadRequest } from '../disk-reader.ts'
import type { LogSlice } from '../log-slice.ts'
import type { ProducerState } from '../producer-state.ts'
import type { TimestampedOffset } from '../timestamp-search.ts'
import type { LogQueue } from './log-queue.ts'
import type { QueueAccess } from './queue-access.ts'
import type { QueueName } from './queue-name.ts'

/** A queue of a commit log, seen as a log of its own: all offsets are the queue's. */
export class QueueLog {
  readonly queue: LogQueue
  readonly #queues: QueueAccess

  constructor(queues: QueueAccess, name: QueueName) {
    this.queue = queues.of(name)
    this.#queues = queues
  }

  get logStartOffset(): Offset {
    return this.queue.startOffset
  }

  get logEndOffset(): Offset {
    return this.queue.endOffset
  }

  get producers(): ProducerState {
    return this.queue.producers
  }

  /** Up to where the queue is below a group offset: never too high. */
  endAt(groupOffset: Offset): Offset {
    return this.queue.endAt(groupOffset)
  }

  /** First queue offset at or above a group offset. */
  offsetAt(groupOffset: Offset): Promise<Offset> {
    return this.#queues.offsetAt(this.queue, groupOffset)
  }

  /** Epoch of the batch at `offset`; -1: there is none. */
  epochAt(offset: Offset): Promise<LeaderEpoch> {
    return this.#queues.epochAt(this.queue, offset)
  }

  read(request: LogReadRequest): LogSlice | Promise<LogSlice> {
    return this.#queues.read(this.queue, request)
  }

  lastStableOffset(highWatermark: Offset): Offset {
    const unstable = this.producers.firstUnstableOffset(highWatermark)
    return unstable === null ? highWatermark : Math.min(unstable, highWatermark)
  }

  /** None: transactions write to no queue. */
  abortedTransactions(): readonly AbortedTransaction[] {
    return []
  }

  offsetForTimestamp(at: Timestamp, upTo: Offset): Promise<TimestampedOffset | null> {
    return this.#queues.offsetForTimestamp(this.queue, at, upTo)
  }

  offsetOfMaxTimestamp(upTo: Offset): Promise<TimestampedOffset | null> {
    return this.#queues.offsetOfMaxTimestamp(this.queue, upTo)
  }
}
