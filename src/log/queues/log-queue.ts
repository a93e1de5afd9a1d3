import type { BatchHeader } from '../../record/batch-header.ts'
import { endTransactionOf } from '../../record/control-record.ts'
import type { Offset, Position, Timestamp } from '../../record/offset.ts'
import { invariant } from '../../runtime/invariant.ts'
import { decodeProducerSnapshot } from '../producer-snapshot.ts'
import { isExpired, ProducerState } from '../producer-state.ts'
import type { ConsumeQueue } from './consume-queue.ts'
import { QueueMarks } from './queue-marks.ts'
import type { QueueName } from './queue-name.ts'
import type { SavedQueue } from './queues-snapshot.ts'

/** How far the group is, for all of its queues. */
export interface GroupProgress {
  /** High watermark of the group, as it was last told: a group offset. */
  watermark: Offset
}

/** A start that was written and counts once it is committed. */
interface PendingStart {
  readonly groupEnd: Offset
  readonly startOffset: Offset
}

/** One batch of a queue, where it stands in the commit log. */
export interface QueuedBatch {
  /** A view that holds during the call only. */
  readonly batch: BatchHeader
  readonly offset: Offset
  readonly groupOffset: Offset
  readonly position: Position
  /** Of the frame. */
  readonly sizeBytes: number
  readonly nowMs: Timestamp
}

/**
 * One queue of a commit log: its offsets, its producers and its consume queue. All of it is what the log says up to its end.
 *
 * startOffset <= endOffset; offsets are given without a gap, for ever.
 */
export class LogQueue implements QueueName {
  readonly topicId: string
  readonly topicIdBytes: Buffer
  readonly partition: number
  readonly entries: ConsumeQueue
  readonly producers = new ProducerState()
  readonly #progress: GroupProgress
  readonly #marks = new QueueMarks({ groupEnd: 0, end: 0 })
  #startOffset: Offset = 0
  #endOffset: Offset = 0
  /** Group offset behind the last entry of the log that tells where it ends; -1: the log has not told of it yet. */
  #toldUpTo: Offset = -1
  #maxTimestamp: Timestamp = -1
  #pendingStarts: PendingStart[] = []

  constructor(name: QueueName, parts: { entries: ConsumeQueue; progress: GroupProgress }) {
    this.topicId = name.topicId
    this.topicIdBytes = Buffer.from(name.topicId, 'base64url')
    this.partition = name.partition
    this.entries = parts.entries
    this.#progress = parts.progress
  }

  /** First offset that is kept. */
  get startOffset(): Offset {
    const { watermark } = this.#progress
    for (let first = this.#pendingStarts[0]; first !== undefined && first.groupEnd <= watermark; ) {
      this.#startOffset = Math.max(this.#startOffset, first.startOffset)
      this.#pendingStarts.shift()
      first = this.#pendingStarts[0]
    }
    return this.#startOffset
  }

  /** The offset that the next record gets. */
  get endOffset(): Offset {
    return this.#endOffset
  }

  /** Whether the log has told of it at all. */
  get isKnown(): boolean {
    return this.#toldUpTo >= 0
  }

  /** Group offset behind the last entry of the log that tells where it ends; -1: none does. */
  get toldUpTo(): Offset {
    return this.#toldUpTo
  }

  /** The same of entries that end at or below a group offset: never too high. */
  toldUpToBelow(groupOffset: Offset): Offset {
    return this.#marks.lastUpTo(groupOffset)
  }

  /** All below is below `groupOffset`. Never too high, and right where no batch of the queue is above the log's last opening. */
  endAt(groupOffset: Offset): Offset {
    return Math.max(this.#marks.at(groupOffset), this.startOffset)
  }

  take({ batch, offset, groupOffset, position, sizeBytes, nowMs }: QueuedBatch): void {
    if (!this.isKnown) this.#begin(offset)
    // Above: what lies between was in damaged bytes.
    invariant(offset >= this.#endOffset, 'two batches would share a queue offset', { offset, end: this.#endOffset })
    const { partitionLeaderEpoch: epoch, maxTimestamp } = batch
    const offsets = batch.lastOffsetDelta + 1
    const groupEnd = groupOffset + offsets
    this.#maxTimestamp = Math.max(this.#maxTimestamp, maxTimestamp)
    const maxTimestampSoFar = this.#maxTimestamp
    this.entries.take({ offset, groupOffset, position, sizeBytes, offsets, epoch, maxTimestamp, maxTimestampSoFar })
    const marker = batch.isControl ? endTransactionOf(batch) : null
    this.producers.appended(batch, { baseOffset: offset, nowMs, marker })
    this.#endOffset = offset + offsets
    this.#toldUpTo = groupEnd
    this.#marks.add({ groupEnd, end: this.#endOffset }, this.#progress.watermark)
  }

  /** The log says where it begins, once that is committed, and where it ended then. */
  takeStart({ startOffset, endOffset }: { startOffset: Offset; endOffset: Offset }, groupEnd: Offset): void {
    if (!this.isKnown) this.#begin(endOffset)
    // Below it only where damaged bytes held the batches between.
    this.#endOffset = Math.max(this.#endOffset, endOffset)
    this.producers.advanceTo(this.#endOffset)
    this.#toldUpTo = groupEnd
    this.#marks.add({ groupEnd, end: this.#endOffset }, this.#progress.watermark)
    this.#pendingStarts.push({ groupEnd, startOffset })
  }

  /** The log keeps nothing of it below. */
  beginsAt(offset: Offset): void {
    this.#startOffset = Math.max(this.startOffset, Math.min(offset, this.#endOffset))
  }

  /** As it was when it was saved; null: the log tells nothing of it. Its consume queue is cut apart from this. */
  restore(saved: SavedQueue | null, { nowMs, expirationMs }: { nowMs: Timestamp; expirationMs: number }): void {
    this.#startOffset = saved?.startOffset ?? 0
    this.#endOffset = saved?.endOffset ?? 0
    this.#toldUpTo = saved?.toldUpTo ?? -1
    this.#maxTimestamp = saved?.maxTimestamp ?? -1
    this.#pendingStarts = [...(saved?.pendingStarts ?? [])]
    this.#marks.restart({ groupEnd: Math.max(this.#toldUpTo, 0), end: this.#endOffset })
    const entries = saved === null ? [] : (decodeProducerSnapshot(saved.producers) ?? [])
    this.producers.reset(
      this.#endOffset,
      entries.filter((entry) => !isExpired(entry, nowMs, expirationMs)),
    )
  }

  /** What `restore` needs. */
  saved(): Omit<SavedQueue, 'producers'> {
    return {
      topicId: this.topicId,
      partition: this.partition,
      startOffset: this.startOffset,
      endOffset: this.#endOffset,
      toldUpTo: this.#toldUpTo,
      maxTimestamp: this.#maxTimestamp,
      pendingStarts: this.#pendingStarts,
      reach: this.entries.reach,
    }
  }

  /** It is first told of here: what was before it, nobody keeps. */
  #begin(offset: Offset): void {
    this.#startOffset = offset
    this.#endOffset = offset
    this.producers.reset(offset)
    this.#marks.restart({ groupEnd: 0, end: offset })
  }
}
