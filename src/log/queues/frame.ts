import { crc32c } from '../../codec/crc32c.ts'
import { uuidFromBytes } from '../../codec/uuid.ts'
import { crcHolds } from '../../record/batch-crc.ts'
import {
  BatchHeader,
  baseOffsetOf,
  batchHeaderBytes,
  batchSizeOf,
  leaderEpochOf,
  magicOf,
  nextOffsetOf,
  placeBatch,
  writeInt64,
} from '../../record/batch-header.ts'
import type { LeaderEpoch, Offset } from '../../record/offset.ts'
import { type EntryFormat, plausibleBatchSize } from '../entry-format.ts'
import type { FramePlace, FrameTarget } from './queue-name.ts'

/** Bytes of a frame before its record batch. */
export const frameHeaderBytes = 56

/** Where a record batch has its magic; `Q` for a frame of this layout. */
export const frameMagic = 0x51
const magicAt = 16
const partitionAt = 17
const lastOffsetDeltaAt = 23
const topicIdAt = 27
const queueOffsetAt = 44
const crcAt = 52
/** Bytes before what a batch's length counts, and so a frame's. */
const lengthOverhead = 12

/**
 * The entries of a commit log: a record batch as its producer sent it, with the queue's offset as base offset, behind a
 * header that says where it belongs. Big-endian:
 *
 * | at | bytes | |
 * | --- | --- | --- |
 * | 0 | 8 | group offset of the first record |
 * | 8 | 4 | bytes that follow |
 * | 12 | 4 | leader epoch |
 * | 16 | 1 | magic, 0x51 |
 * | 17 | 4 | partition; -1: of no queue |
 * | 21 | 2 | 0 |
 * | 23 | 4 | records less one |
 * | 27 | 16 | topic id |
 * | 43 | 1 | 0 |
 * | 44 | 8 | queue offset of the first record |
 * | 52 | 4 | CRC-32C of the 52 bytes before |
 *
 * A frame takes as many group offsets as its batch has queue offsets. Control batches are of no queue: no queue offset is
 * missing for them.
 */
export const frameFormat: EntryFormat = {
  headerBytes: frameHeaderBytes + batchHeaderBytes,
  overheadBytes: frameHeaderBytes,
  plausibleSize(bytes, at) {
    if (bytes.length - at < frameHeaderBytes + batchHeaderBytes || magicOf(bytes, at) !== frameMagic) return null
    const size = batchSizeOf(bytes, at)
    const batchBytes = plausibleBatchSize(bytes, at + frameHeaderBytes)
    const isOne = batchBytes === size - frameHeaderBytes && baseOffsetOf(bytes, at) >= 0
    return isOne && Number.isSafeInteger(baseOffsetOf(bytes, at)) ? size : null
  },
  holds: (bytes, at) => frameHeaderHolds(bytes, at) && crcHolds(bytes, at + frameHeaderBytes),
  batchIn: (entry) => batchView.moveTo(entry.bytes, entry.at + frameHeaderBytes),
  place(bytes, at, { offset, epoch, to }) {
    placeBatch(bytes, at + frameHeaderBytes, { baseOffset: to?.offset ?? 0, epoch })
    writeFrameHeader(bytes, at, { offset, epoch, to })
  },
}

const batchView = new BatchHeader(Buffer.alloc(0))
const noTopic = Buffer.alloc(16)

/** The queue that the frame at `at` is of, and the queue offset of its first record. */
export function framePlaceOf(bytes: Buffer, at: number): FramePlace {
  const partition = bytes.readInt32BE(at + partitionAt)
  if (partition < 0) return null
  const topicId = uuidFromBytes(bytes.subarray(at + topicIdAt, at + topicIdAt + 16))
  return { topicId, partition, offset: baseOffsetOf(bytes, at + queueOffsetAt) }
}

/** The same for looking a queue up: its partition, below 0 for none, and where its topic's id stands. */
export const framePartitionOf = (bytes: Buffer, at: number): number => bytes.readInt32BE(at + partitionAt)
export const frameTopicIdAt = (at: number): number => at + topicIdAt

export const frameQueueOffsetOf = (bytes: Buffer, at: number): Offset => baseOffsetOf(bytes, at + queueOffsetAt)

/** Whether the header at `at` is as it was written, and goes with the batch behind it, of which nothing else is looked at. */
export function frameHeaderHolds(bytes: Buffer, at: number): boolean {
  if (crc32c(bytes, at, at + crcAt) !== bytes.readUInt32BE(at + crcAt)) return false
  const batchAt = at + frameHeaderBytes
  const queueOffset = baseOffsetOf(bytes, batchAt)
  return (
    queueOffset === baseOffsetOf(bytes, at + queueOffsetAt) &&
    leaderEpochOf(bytes, batchAt) === leaderEpochOf(bytes, at) &&
    nextOffsetOf(bytes, batchAt) - queueOffset === nextOffsetOf(bytes, at) - baseOffsetOf(bytes, at)
  )
}

function writeFrameHeader(
  bytes: Buffer,
  at: number,
  { offset, epoch, to }: { offset: Offset; epoch: LeaderEpoch; to: FrameTarget },
): void {
  const batchAt = at + frameHeaderBytes
  const { lastOffsetDelta, sizeBytes } = batchView.moveTo(bytes, batchAt)
  placeBatch(bytes, at, { baseOffset: offset, epoch })
  bytes.writeInt32BE(frameHeaderBytes + sizeBytes - lengthOverhead, at + 8)
  bytes.writeInt8(frameMagic, at + magicAt)
  bytes.writeInt32BE(to?.partition ?? -1, at + partitionAt)
  bytes.writeInt16BE(0, at + partitionAt + 4)
  bytes.writeInt32BE(lastOffsetDelta, at + lastOffsetDeltaAt)
  const topicId = to?.topicIdBytes ?? noTopic
  topicId.copy(bytes, at + topicIdAt)
  bytes.writeInt8(0, at + topicIdAt + 16)
  writeInt64(bytes, to?.offset ?? 0, at + queueOffsetAt)
  bytes.writeUInt32BE(crc32c(bytes, at, at + crcAt), at + crcAt)
}
