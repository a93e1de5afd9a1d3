import { BatchHeader } from '../record/batch-header.ts'
import type { Offset, Position } from '../record/offset.ts'
import { DiskFault } from '../runtime/disk.ts'
import { type Walked, walkBatches } from './batch-walk.ts'
import { entryFacts } from './entry-format.ts'
import type { FileHandles } from './file-handles.ts'
import type { LogParts } from './log-parts.ts'
import type { LogState } from './log-state.ts'
import type { Segment } from './segment.ts'
import { segmentFileName } from './segment-files.ts'
import { useSegment } from './segment-use.ts'
import type { SparseIndex } from './sparse-index.ts'
import { TransactionIndex } from './transaction-index.ts'

/** Largest offset within a segment that its indexes can tell. */
const relativeOffsetMax = 0x7fffffff

/**
 * Takes up the indexes of a segment that the start has left alone, and makes them anew from the segment where they are
 * missing or make no sense. Afterwards the segment's timestamps are known.
 */
export async function loadSegment(parts: LogParts, segment: Segment): Promise<void> {
  if (segment.isLoaded) return
  const isGood =
    (await loadIndex(parts.files, segment.offsetIndex)) && (await loadIndex(parts.files, segment.timeIndex))
  if (segment.isLoaded) return
  if (!isGood) {
    await rebuildIndexes(parts, segment)
    return
  }
  const first = await headerAt(parts, segment, 0)
  segment.firstTimestamp = first === null ? null : parts.format.batchIn(first).maxTimestamp
  segment.maxTimestamp = segment.timeIndex.last?.key ?? -1
  segment.offsetOfMaxTimestamp = segment.timeIndex.last?.value ?? -1
  segment.isLoaded = true
}

/** Makes both indexes anew from the batches of the segment, around what is damaged. */
export async function rebuildIndexes(parts: LogParts, segment: Segment): Promise<void> {
  const { sizeBytes } = segment
  parts.logger.warn({ path: segment.path }, 'an index is missing or damaged and is made anew')
  segment.reset(0)
  segment.offsetIndex.clear()
  segment.timeIndex.clear()
  let next = segment.baseOffset
  await walkSegment(parts, segment, { from: 0, upTo: sizeBytes, checkCrc: true }, (header, position) => {
    // Offsets are not covered by the CRC. Where they go back, or too far ahead for an index, bytes of another segment begin.
    if (header.baseOffset < next || header.lastOffset - segment.baseOffset > relativeOffsetMax) return false
    next = header.nextOffset
    segment.sizeBytes = position
    segment.note(entryFacts(parts.format, header), parts.settings.indexIntervalBytes)
    return true
  })
  segment.sizeBytes = sizeBytes
  segment.isLoaded = true
  if (!segment.isSealed) return
  segment.addTimeEntry()
  await segment.offsetIndex.finish(parts.files)
  await segment.timeIndex.finish(parts.files)
}

/** Walks the good batches of [from, upTo), stepping over ranges that are known to be damaged. */
export async function walkSegment(
  parts: LogParts,
  segment: Segment,
  range: { from: Position; upTo: Position; checkCrc: boolean },
  visit: (header: BatchHeader, position: Position) => boolean,
): Promise<Walked> {
  return await useSegment(parts.files, segment, async (file) => {
    let { from } = range
    for (;;) {
      const damage = parts.damage.firstIn(segment.baseOffset, from)
      const upTo = damage === null ? range.upTo : Math.min(damage.position, range.upTo)
      const { checkCrc } = range
      const { format, files } = parts
      const walked = await walkBatches({ file, format, from, upTo, checkCrc, buffers: files.buffers }, visit)
      if (walked.end !== 'end' || damage === null || damage.endPosition >= range.upTo) return walked
      from = damage.endPosition
    }
  })
}

/** The header of the entry at a position, copied; null where none can be. */
export async function headerAt(parts: LogParts, segment: Segment, position: Position): Promise<BatchHeader | null> {
  const { files, format } = parts
  const bytes = Buffer.alloc(format.headerBytes)
  const read = await useSegment(files, segment, (file) => file.read(bytes, position))
  return read < format.headerBytes || format.plausibleSize(bytes, 0) === null ? null : new BatchHeader(bytes)
}

/** Where a batch begins in a segment, or is to begin, and the offset that it must have (compaction may have left a gap). */
export interface BatchPlace {
  readonly position: Position
  readonly expected: Offset
}

/**
 * A place at or before the batch that holds `offset`, from which stepping over batches leads to it. What the index
 * says is believed only if the batch there is the one that the entry was made for.
 */
export async function placeBefore(parts: LogParts, segment: Segment, offset: Offset): Promise<BatchPlace> {
  await loadSegment(parts, segment)
  const entry = await segment.offsetIndex.floor(parts.files, offset)
  const start = startBefore(parts, segment, offset)
  if (entry === null || entry.value >= segment.writtenBytes || entry.value < start.position) return start
  const header = await headerAt(parts, segment, entry.value)
  if (header !== null && header.lastOffset === entry.key) return { position: entry.value, expected: header.baseOffset }
  parts.logger.warn({ path: segment.offsetIndex.path, offset }, 'an index entry leads to another batch')
  if (segment.isSealed) await rebuildIndexes(parts, segment)
  return start
}

export async function positionBefore(parts: LogParts, segment: Segment, offset: Offset): Promise<Position> {
  return (await placeBefore(parts, segment, offset)).position
}

/** Behind the last damage of the segment below `offset`, or where the segment begins. */
export function startBefore({ damage }: LogParts, segment: Segment, offset: Offset): BatchPlace {
  const behind = damage.lastBefore(segment.baseOffset, offset)
  if (behind === null) return { position: 0, expected: segment.baseOffset }
  return { position: behind.endPosition, expected: behind.upTo }
}

/** Has the state beside the log take the log's good entries from its end on. */
export async function replayState(parts: LogParts, upTo: Offset): Promise<void> {
  const { state, segments, clock } = parts
  const from = state.endOffset
  if (from >= upTo) return
  for (const segment of segments.from(from)) {
    if (segment.baseOffset >= upTo) break
    const position = segment.baseOffset < from ? await positionBefore(parts, segment, from) : 0
    await walkAndSpill(state, position, (begin, isFull) => {
      // With CRCs: what a bad bit says of a producer would be kept, and written into the next snapshot.
      const range = { from: begin, upTo: segment.writtenBytes, checkCrc: true }
      return walkSegment(parts, segment, range, (header, at) => {
        // One that reaches beyond the end is none of this log's: segments overlap where somebody has put files together.
        if (header.nextOffset > upTo || isFull()) return false
        if (header.baseOffset >= state.endOffset && state.mayTake(header)) {
          state.take({ header, segment: segment.baseOffset, position: at, nowMs: clock.nowMs() })
        }
        return true
      })
    })
  }
  state.advanceTo(upTo)
}

/**
 * Does a walk whose entries the state takes, in parts: a visitor that `isFull` has told so stops before an entry, and the walk
 * goes on with it once the state has written what waited in memory.
 */
export async function walkAndSpill(
  state: LogState,
  from: Position,
  walk: (from: Position, isFull: () => boolean) => Promise<Walked>,
): Promise<Walked> {
  for (let position = from; ; ) {
    const spills: Promise<void>[] = []
    const walked = await walk(position, () => {
      const spilling = state.spill()
      if (spilling !== null) spills.push(spilling)
      return spilling !== null
    })
    if (spills.length === 0) return walked
    await spills[0]
    position = walked.stoppedAt
  }
}

export async function openTransactionIndex(parts: LogParts, segment: Segment): Promise<TransactionIndex> {
  if (segment.transactions !== null) return segment.transactions
  const path = `${parts.directory}/${segmentFileName(segment.baseOffset, '.txnindex')}`
  const { index, damaged } = await TransactionIndex.open(parts.disk, path, segment.baseOffset)
  if (damaged) parts.logger.warn({ path }, 'a transaction index is damaged and is taken as empty')
  segment.transactions = index
  return index
}

async function loadIndex(files: FileHandles, index: SparseIndex): Promise<boolean> {
  try {
    return await index.load(files)
  } catch (error) {
    if (error instanceof DiskFault && error.code === 'ENOENT') return false
    throw error
  }
}
