import { BatchHeader } from '../record/batch-header.ts'
import type { LeaderEpoch, Offset, Position, Timestamp } from '../record/offset.ts'
import type { BatchRecord } from '../record/record-reader.ts'
import type { LogParts } from './log-parts.ts'
import { recordOrBatch } from './record-search.ts'
import type { Segment } from './segment.ts'
import { useSegment } from './segment-use.ts'
import { headerAt, loadSegment, positionBefore, walkSegment } from './segment-loader.ts'

export interface TimestampedOffset {
  readonly offset: Offset
  readonly timestamp: Timestamp
  readonly epoch: LeaderEpoch
}

/**
 * The first record at or above the log start whose timestamp is at least `at`. Kafka's rule: in the first segment whose
 * largest timestamp reaches it. Only the one batch that holds the record is decompressed. Nobody has looked at its records
 * before: where they cannot be read, or are too many, it is found by what its header says, and its reader sees what it is.
 */
export async function findTimestamp(parts: LogParts, at: Timestamp, upTo: Offset): Promise<TimestampedOffset | null> {
  for (const segment of parts.segments.from(parts.logStartOffset)) {
    if (segment.baseOffset >= upTo) break
    await loadSegment(parts, segment)
    if (segment.maxTimestamp < at) continue
    const entry = await segment.timeIndex.floor(parts.files, at - 1)
    const from = await positionBefore(parts, segment, Math.max(entry?.value ?? 0, parts.logStartOffset))
    const found = await firstRecord(
      parts,
      segment,
      from,
      (record) => record.timestamp >= at,
      (batch) => batch.maxTimestamp >= at,
    )
    if (found !== null) return found.offset < upTo ? found : null
  }
  return null
}

/** The first record with the largest timestamp in the log. */
export async function findMaxTimestamp(parts: LogParts, upTo: Offset): Promise<TimestampedOffset | null> {
  let newest: Segment | null = null
  for (const segment of parts.segments.from(parts.logStartOffset)) {
    await loadSegment(parts, segment)
    if (segment.offsetOfMaxTimestamp < 0) continue
    if (newest === null || segment.maxTimestamp > newest.maxTimestamp) newest = segment
  }
  if (newest === null) return null
  const { maxTimestamp, offsetOfMaxTimestamp } = newest
  const from = await positionBefore(parts, newest, offsetOfMaxTimestamp)
  const found = await firstRecord(
    parts,
    newest,
    from,
    (record) => record.timestamp === maxTimestamp,
    (batch) => batch.lastOffset >= offsetOfMaxTimestamp,
  )
  return found !== null && found.offset < upTo ? found : null
}

async function firstRecord(
  parts: LogParts,
  segment: Segment,
  from: Position,
  isSought: (record: BatchRecord) => boolean,
  mayHold: (batch: BatchHeader) => boolean,
): Promise<TimestampedOffset | null> {
  let position = from
  while (position < segment.writtenBytes) {
    const { stoppedAt, end } = await walkSegment(
      parts,
      segment,
      { from: position, upTo: segment.writtenBytes, checkCrc: false },
      (header) => header.nextOffset <= parts.logStartOffset || !mayHold(header),
    )
    if (end !== 'visitor') return null
    const batch = await batchAt(parts, segment, stoppedAt)
    if (batch === null) return null
    const record = await recordOrBatch(batch, (one) => one.offset >= parts.logStartOffset && isSought(one))
    if (record !== null) {
      const offset = Math.max(record.offset, parts.logStartOffset)
      return { offset, timestamp: record.timestamp, epoch: batch.partitionLeaderEpoch }
    }
    position = stoppedAt + batch.sizeBytes
  }
  return null
}

async function batchAt(parts: LogParts, segment: Segment, position: Position): Promise<BatchHeader | null> {
  const header = await headerAt(parts, segment, position)
  if (header === null || header.sizeBytes > segment.writtenBytes - position) return null
  const bytes = Buffer.alloc(header.sizeBytes)
  await useSegment(parts.files, segment, (file) => file.read(bytes, position))
  return new BatchHeader(bytes)
}
