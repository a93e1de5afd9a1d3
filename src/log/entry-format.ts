import { crcHolds } from '../record/batch-crc.ts'
import {
  type BatchHeader,
  baseOffsetOf,
  batchHeaderBytes,
  batchSizeOf,
  magicOf,
  nextOffsetOf,
  placeBatch,
} from '../record/batch-header.ts'
import type { LeaderEpoch, Offset } from '../record/offset.ts'
import type { FrameTarget } from './queues/queue-name.ts'
import type { SegmentBatch } from './segment.ts'

/**
 * How the entries of a log stand in its files. Base offset, size, leader epoch, magic and last offset delta have the same
 * places in all of them, those of a record batch, so that a `BatchHeader` tells them of any.
 */
export interface EntryFormat {
  /** So many bytes of an entry tell all but whether it is whole. */
  readonly headerBytes: number
  /** Bytes of an entry before its record batch. */
  readonly overheadBytes: number
  /** Size of the entry at `at`, as far as it can be told without CRCs; null: none can begin there. */
  plausibleSize(bytes: Buffer, at: number): number | null
  /** Whether the entry at `at`, all of whose bytes must be there, is as it was written. */
  holds(bytes: Buffer, at: number): boolean
  /** The record batch in an entry: a view that holds until the next call. */
  batchIn(entry: BatchHeader): BatchHeader
  /** Gives the entry at `at`, whose record batch is in place, its offset and epoch, and whatever stands before the batch. */
  place(bytes: Buffer, at: number, how: { offset: Offset; epoch: LeaderEpoch; to: FrameTarget }): void
}

/** Record batches as Kafka lays them out: a log of unit `partition`. */
export const batchFormat: EntryFormat = {
  headerBytes: batchHeaderBytes,
  overheadBytes: 0,
  plausibleSize: plausibleBatchSize,
  holds: crcHolds,
  batchIn: (entry) => entry,
  place: (bytes, at, { offset, epoch }) => placeBatch(bytes, at, { baseOffset: offset, epoch }),
}

/** What a segment notes of an entry. One whose records compaction has taken has no time any more. */
export function entryFacts(format: EntryFormat, entry: BatchHeader): SegmentBatch {
  const { recordCount, maxTimestamp } = format.batchIn(entry)
  return {
    lastOffset: entry.lastOffset,
    maxTimestamp: recordCount === 0 ? -1 : maxTimestamp,
    sizeBytes: entry.sizeBytes,
  }
}

/** Size of the record batch at `at`, as far as it can be told without the CRC; null: none can begin there. */
export function plausibleBatchSize(bytes: Buffer, at: number): number | null {
  if (bytes.length - at < batchHeaderBytes || magicOf(bytes, at) !== 2) return null
  const size = batchSizeOf(bytes, at)
  const baseOffset = baseOffsetOf(bytes, at)
  const delta = nextOffsetOf(bytes, at) - baseOffset - 1
  return size >= batchHeaderBytes && baseOffset >= 0 && delta >= 0 && Number.isSafeInteger(baseOffset) ? size : null
}
