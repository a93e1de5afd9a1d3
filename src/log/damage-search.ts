import type { Offset, Position } from '../record/offset.ts'
import { BatchHeader } from '../record/batch-header.ts'
import { fitsBehind } from './batch-fit.ts'
import { findNextBatch, walkBatches } from './batch-walk.ts'
import type { DamagedRange } from './damaged-ranges.ts'
import { gapsAllowed, type LogParts } from './log-parts.ts'
import type { Segment } from './segment.ts'
import { type BatchPlace, headerAt, loadSegment, startBefore } from './segment-loader.ts'
import { useSegment } from './segment-use.ts'

/** What a walk over batches with all checks has shown. */
export interface Checked {
  /** Where it ended: with a bad batch, or where to go on. */
  readonly place: BatchPlace
  readonly end: 'bad' | 'slice' | 'segment'
}

/**
 * Checks batches (CRC, offset, epoch) from `from` on, around what is known to be damaged, until one is bad, the segment ends, or
 * `sliceBytes` have been read. `logEndOffset` is what is written.
 */
export async function checkBatches(
  parts: LogParts,
  segment: Segment,
  from: BatchPlace,
  { sliceBytes, logEndOffset }: { sliceBytes: number; logEndOffset: Offset },
): Promise<Checked> {
  const { format } = parts
  let { position, expected } = from
  const sliceEnd = position + sliceBytes
  // Where gaps are allowed nothing else tells an offset that is too high.
  const endOffset = parts.segments.next(segment)?.baseOffset ?? logEndOffset
  for (;;) {
    const known = parts.damage.firstIn(segment.baseOffset, position)
    const upTo = known?.position ?? segment.writtenBytes
    let isSliceOver = false
    const { stoppedAt, end } = await useSegment(parts.files, segment, (file) =>
      walkBatches(
        { file, format, from: position, upTo, checkCrc: true, buffers: parts.files.buffers },
        (header, at) => {
          isSliceOver = at >= sliceEnd
          if (isSliceOver || header.nextOffset > endOffset || !fitsBehind(expected, header, parts)) return false
          expected = header.nextOffset
          return true
        },
      ),
    )
    const place = { position: stoppedAt, expected }
    if (isSliceOver) return { place, end: 'slice' }
    if (end !== 'end') return { place, end: 'bad' }
    if (known === null) return { place, end: lacksEnd(parts, segment, expected) ? 'bad' : 'segment' }
    position = known.endPosition
    expected = known.upTo
  }
}

/** The bad bytes at `bad` up to where good batches begin again; null: there are none that could be told. `logEndOffset` is what is written. */
export async function damageAt(
  parts: LogParts,
  segment: Segment,
  { position, expected: from }: BatchPlace,
  logEndOffset: Offset,
): Promise<DamagedRange | null> {
  const known = parts.damage.firstIn(segment.baseOffset, position)
  const end = known?.position ?? segment.writtenBytes
  const found = await nextGood(parts, segment, { position, expected: from }, end)
  const following = parts.segments.next(segment)
  const otherwise = known?.from ?? following?.baseOffset ?? logEndOffset
  const upTo = found?.baseOffset ?? otherwise
  if (upTo <= from) return null
  return { from, upTo, segmentBaseOffset: segment.baseOffset, position, endPosition: found?.position ?? end }
}

/** Where the next batch begins that can be the log's own; null: nowhere below `upTo`. */
export async function nextGood(
  parts: LogParts,
  segment: Segment,
  bad: BatchPlace,
  upTo: Position,
): Promise<{ position: Position; baseOffset: Offset } | null> {
  const minEpoch = parts.epochs.epochAt(bad.expected) ?? -1
  const { files, format } = parts
  const search = { format, from: bad.position + 1, upTo, minOffset: bad.expected + 1, minEpoch, buffers: files.buffers }
  return await useSegment(files, segment, (file) => findNextBatch({ file, ...search }))
}

/** A place at or before the batch that holds `offset` that needs no belief: a good batch that the index knows, or a beginning. */
export async function surePlaceBefore(parts: LogParts, segment: Segment, offset: Offset): Promise<BatchPlace> {
  await loadSegment(parts, segment)
  const start = startBefore(parts, segment, offset)
  for (let key = offset; ; ) {
    const entry = await segment.offsetIndex.floor(parts.files, key)
    if (entry === null || entry.value <= start.position || entry.value >= segment.writtenBytes) return start
    const baseOffset = await goodBatchAt(parts, segment, entry)
    if (baseOffset !== null) return { position: entry.value, expected: baseOffset }
    key = entry.key - 1
  }
}

async function goodBatchAt(
  parts: LogParts,
  segment: Segment,
  entry: { key: Offset; value: Position },
): Promise<Offset | null> {
  const header = await headerAt(parts, segment, entry.value)
  if (header === null || header.lastOffset !== entry.key) return null
  if (entry.value + header.sizeBytes > segment.writtenBytes) return null
  const bytes = Buffer.alloc(header.sizeBytes)
  const read = await useSegment(parts.files, segment, (file) => file.read(bytes, entry.value))
  if (read < bytes.length || !parts.format.holds(bytes, 0)) return null
  return new BatchHeader(bytes).baseOffset
}

/** Offsets between the end of a segment and the next one: a part of its file is gone. */
function lacksEnd(parts: LogParts, segment: Segment, expected: Offset): boolean {
  const following = parts.segments.next(segment)
  if (following === null || expected >= following.baseOffset || gapsAllowed(parts)) return false
  return parts.damage.at(expected) === null
}
