import { readInt64, writeInt64 } from '../../record/batch-header.ts'
import type { LeaderEpoch, Offset, Position, Timestamp } from '../../record/offset.ts'

/** Bytes of an entry in a consume queue's file. */
export const consumeQueueEntryBytes = 56

/** Where one batch of a queue stands in the commit log. */
export interface ConsumeQueueEntry {
  /** Queue offset of its first record. */
  readonly offset: Offset
  /** Group offset of the same record. It tells the segment. */
  readonly groupOffset: Offset
  /** Of the frame, in its segment. */
  readonly position: Position
  /** Of the frame. */
  readonly sizeBytes: number
  /** Offsets that it takes, of both kinds. */
  readonly offsets: number
  readonly epoch: LeaderEpoch
  readonly maxTimestamp: Timestamp
  /** The largest timestamp of the queue up to and with this batch: entries are found by time by it. */
  readonly maxTimestampSoFar: Timestamp
}

export const nextOffsetOfEntry = ({ offset, offsets }: ConsumeQueueEntry): Offset => offset + offsets

/**
 * Big-endian: queue offset (8), group offset (8), position (4), size (4), offsets (4), leader epoch (4), max timestamp (8),
 * max timestamp so far (8), and 8 bytes that are 0: room for the hash of a RocketMQ message's tag.
 */
export function writeConsumeQueueEntry(bytes: Buffer, at: number, entry: ConsumeQueueEntry): void {
  writeInt64(bytes, entry.offset, at)
  writeInt64(bytes, entry.groupOffset, at + 8)
  bytes.writeInt32BE(entry.position, at + 16)
  bytes.writeInt32BE(entry.sizeBytes, at + 20)
  bytes.writeInt32BE(entry.offsets, at + 24)
  bytes.writeInt32BE(entry.epoch, at + 28)
  writeInt64(bytes, entry.maxTimestamp, at + 32)
  writeInt64(bytes, entry.maxTimestampSoFar, at + 40)
  writeInt64(bytes, 0, at + 48)
}

export function readConsumeQueueEntry(bytes: Buffer, at: number): ConsumeQueueEntry {
  return {
    offset: readInt64(bytes, at),
    groupOffset: readInt64(bytes, at + 8),
    position: bytes.readInt32BE(at + 16),
    sizeBytes: bytes.readInt32BE(at + 20),
    offsets: bytes.readInt32BE(at + 24),
    epoch: bytes.readInt32BE(at + 28),
    maxTimestamp: readInt64(bytes, at + 32),
    maxTimestampSoFar: readInt64(bytes, at + 40),
  }
}
