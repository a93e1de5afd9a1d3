import { asBuffer } from '../../codec/as-buffer.ts'
import { compressionTypes, compressNow, decompressNow } from '../../codec/compression.ts'
import { DecompressedTooLarge } from '../../codec/decompressed-too-large.ts'
import { MalformedInput } from '../../codec/malformed-input.ts'
import { Writer } from '../../codec/writer.ts'
import { sealBatch } from '../../record/batch-crc.ts'
import { type BatchHeader, batchHeaderBytes, compactHeader } from '../../record/batch-header.ts'
import { emptyBatchOf } from '../../record/empty-batch.ts'
import type { Offset, Timestamp } from '../../record/offset.ts'
import { RecordWalk } from '../../record/record-walk.ts'
import type { EndedTransactions } from './ended-transactions.ts'
import type { KeyOffsets } from './key-offsets.ts'

/** A batch whose records take more stays as it is. */
const decompressedBytesMax = 64 * 1024 * 1024

/** The records of a batch, decompressed. Its codec must be ready. */
export function recordsOf(batch: BatchHeader): Buffer {
  const stored = batch.bytes.subarray(batch.at + batchHeaderBytes, batch.at + batch.sizeBytes)
  const codec = compressionTypes[batch.codec] ?? 'none'
  return asBuffer(decompressNow(codec, stored, { maxBytes: decompressedBytesMax }))
}

/** What compaction goes by. */
export interface CompactionKnowledge {
  readonly newest: KeyOffsets
  /** Records above have not been looked at for their keys, and stay. */
  readonly newestUpThrough: Offset
  readonly transactions: EndedTransactions
  /** The batch that holds the last sequence of a producer, or the marker with its epoch: it stays, if only as a header. */
  isLastOfProducer(batch: BatchHeader): boolean
  readonly nowMs: Timestamp
  readonly deleteRetentionMs: number
  /** Tombstones and markers at or above stay. */
  readonly replicatedUpTo: Offset
}

/** `keep`: as it is; `drop`: nothing of it stays; else the batch that takes its place. */
export type BatchFate = 'keep' | 'drop' | Buffer

/** Records that stay, and what has to be known of them. */
interface Kept {
  readonly records: Buffer
  /** Where each begins and ends, and where its content does. */
  readonly ranges: number[]
  readonly timestamps: number[]
  readonly offsetDeltas: number[]
  hasTombstone: boolean
  isAll: boolean
}

/**
 * What becomes of one batch (KIP-98, KIP-534). Of each key the newest record stays; a tombstone until its batch's delete horizon
 * has passed, which the first compaction that meets it sets, and all who copy the log have it. Offsets, and what is kept of a record, never change.
 * `keepsPlace`: the batch stays as a header where no record of it does. To be asked of all batches in order.
 */
export function fateOf(batch: BatchHeader, by: CompactionKnowledge, keepsPlace: boolean): BatchFate {
  const isOver = by.transactions.isOver(batch)
  const horizon = batch.hasDeleteHorizon ? batch.baseTimestamp : null
  const isPast = horizon !== null && horizon <= by.nowMs && batch.nextOffset <= by.replicatedUpTo
  const isEmpty = batch.recordCount === 0
  const goes = isEmpty || (batch.isControl ? isOver && isPast : isOver)
  const kept = goes
    ? null
    : unlessUnreadable('unreadable', () => (batch.isControl ? all(batch) : newestOf(batch, by, isPast)))
  if (kept === 'unreadable') return 'keep'
  if (kept === null || kept.ranges.length === 0) {
    if (!keepsPlace && !(batch.producerId >= 0 && by.isLastOfProducer(batch))) return 'drop'
    return isEmpty ? 'keep' : emptyBatchOf(batch)
  }
  const setsHorizon = horizon === null && (kept.hasTombstone || (batch.isControl && isOver))
  if (kept.isAll && !setsHorizon) return 'keep'
  return rewritten(batch, kept, setsHorizon ? by.nowMs + by.deleteRetentionMs : null)
}

/**
 * What `read` gives, or `otherwise` where the records are not what their batch says: nobody has looked into it when it was
 * appended to a topic that was not compacted then.
 */
export function unlessUnreadable<T, U>(otherwise: U, read: () => T): T | U {
  try {
    return read()
  } catch (error) {
    if (error instanceof MalformedInput || error instanceof DecompressedTooLarge) return otherwise
    throw error
  }
}

function all(batch: BatchHeader): Kept {
  return walked(batch, () => true)
}

function newestOf(batch: BatchHeader, by: CompactionKnowledge, isPast: boolean): Kept {
  const { baseOffset } = batch
  return walked(batch, (walk) => {
    const offset = baseOffset + walk.offsetDelta
    if (offset > by.newestUpThrough) return true
    // Records without a key are of a time when the topic was not compacted.
    if (walk.keyBytes < 0) return false
    if (walk.valueBytes < 0 && isPast) return false
    return offset >= by.newest.get(walk.bytes.subarray(walk.keyAt, walk.keyAt + walk.keyBytes))
  })
}

function walked(batch: BatchHeader, stays: (walk: RecordWalk) => boolean): Kept {
  const records = recordsOf(batch)
  const walk = new RecordWalk(records)
  const kept: Kept = { records, ranges: [], timestamps: [], offsetDeltas: [], hasTombstone: false, isAll: true }
  while (walk.next()) {
    if (!stays(walk)) {
      kept.isAll = false
      continue
    }
    kept.ranges.push(walk.start, walk.end, walk.contentAt)
    kept.timestamps.push(batch.baseTimestamp + walk.timestampDelta)
    kept.offsetDeltas.push(walk.offsetDelta)
    if (walk.valueBytes < 0) kept.hasTombstone = true
  }
  return kept
}

function rewritten(batch: BatchHeader, kept: Kept, horizon: Timestamp | null): Buffer {
  const pieces = horizon === null ? piecesOf(kept) : rebasedPieces(kept, horizon)
  const codec = compressionTypes[batch.codec] ?? 'none'
  const stored = codec === 'none' ? pieces : [compressNow(codec, Buffer.concat(pieces))]
  const header = batch.bytes.subarray(batch.at, batch.at + batchHeaderBytes)
  const bytes = Buffer.concat([header, ...stored])
  const isStamped = batch.timestampType === 'LogAppendTime'
  compactHeader(bytes, {
    recordCount: kept.timestamps.length,
    maxTimestamp: isStamped ? batch.maxTimestamp : kept.timestamps.reduce((max, one) => Math.max(max, one), -1),
    deleteHorizon: horizon,
  })
  sealBatch(bytes, 0)
  return bytes
}

function piecesOf({ records, ranges }: Kept): Buffer[] {
  const pieces: Buffer[] = []
  for (let i = 0; i < ranges.length; i += 3) pieces.push(records.subarray(ranges[i], ranges[i + 1]))
  return pieces
}

/** The records with their times told from another base: the horizon stands in the base timestamp's place. */
function rebasedPieces({ records, ranges, timestamps, offsetDeltas }: Kept, base: Timestamp): Buffer[] {
  const pieces: Buffer[] = []
  for (const [i, timestamp] of timestamps.entries()) {
    const content = records.subarray(ranges[3 * i + 2], ranges[3 * i + 1])
    const head = new Writer()
    head.int8(0)
    head.varlong(timestamp - base)
    head.varint(offsetDeltas[i] as number)
    const length = new Writer()
    length.varint(head.size + content.length)
    pieces.push(...[...length.finish(), ...head.finish()].map(asBuffer), content)
  }
  return pieces
}
