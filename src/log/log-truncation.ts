import type { Offset, Position } from '../record/offset.ts'
import type { LogParts } from './log-parts.ts'
import { entryFacts } from './entry-format.ts'
import { positionBefore, rebuildIndexes, replayState, walkSegment } from './segment-loader.ts'
import { removeSegment } from './segment-removal.ts'

/**
 * Cuts everything at and above `offset`, a batch that begins below it and holds it included: segments, indexes, epochs,
 * damage, producer state. Resolves with where the log ends now. Everything appended must be written.
 *
 * The order matters to a crash in between: first whole segments from the newest down, then the last one, then what is
 * told by the bytes (epochs above the log end are dropped by the next start as well).
 */
export async function truncateLog(parts: LogParts, offset: Offset): Promise<Offset> {
  const { segments, files, epochs, damage, state, clock, disk, directory } = parts
  for (const segment of [...segments.all].reverse()) {
    if (segment.baseOffset < offset || segment === segments.first) break
    await removeSegment(parts, segment)
  }
  // A removed segment that came back after a power cut would stand in the way of what is appended now.
  await disk.syncDirectory(directory)
  const segment = segments.active
  const { logEndOffset, position } = await placeOfCut(parts, offset)
  // First, so that a read under way sees that there is less, and not that bytes are missing.
  segment.writtenBytes = position
  await files.use(segment.path, async (file) => {
    await file.truncate(position)
    await file.sync()
  })
  segment.isSealed = false
  segment.isFinished = false
  await segment.offsetIndex.truncate(files, (entry) => entry.value < position)
  await segment.timeIndex.truncate(files, (entry) => entry.value < logEndOffset)
  await segment.transactions?.truncateTo(logEndOffset)
  segment.pendingAborts = segment.pendingAborts.filter((ended) => ended.lastOffset < logEndOffset)
  await noteAgain(parts, position)
  epochs.truncateFromEnd(logEndOffset)
  await epochs.write()
  await damage.truncateTo(logEndOffset)
  const { logStartOffset, producerStateExpiryMs: expirationMs } = parts
  await state.reload({ logStartOffset, logEndOffset, nowMs: clock.nowMs(), expirationMs })
  await replayState(parts, Math.max(logEndOffset, state.endOffset))
  // What was saved may be of when the log began lower.
  await state.beginsAt(logStartOffset)
  return logEndOffset
}

/** Where in the active segment the cut comes, and where the log ends with it. */
async function placeOfCut(parts: LogParts, offset: Offset): Promise<{ logEndOffset: Offset; position: Position }> {
  const segment = parts.segments.active
  // No part of a damaged range can be kept. One that begins with its segment has gone with that.
  const damaged = parts.damage.at(offset)
  if (damaged?.segmentBaseOffset === segment.baseOffset)
    return { logEndOffset: damaged.from, position: damaged.position }
  let logEndOffset = offset
  const from = await positionBefore(parts, segment, offset - 1)
  const range = { from, upTo: segment.writtenBytes, checkCrc: false }
  const { stoppedAt } = await walkSegment(parts, segment, range, (header) => {
    if (header.nextOffset <= offset) return true
    logEndOffset = Math.min(offset, header.baseOffset)
    return false
  })
  return { logEndOffset, position: stoppedAt }
}

/** The segment's sizes and timestamps after the cut: from its indexes and the batches behind the last entry. */
async function noteAgain(parts: LogParts, sizeBytes: number): Promise<void> {
  const segment = parts.segments.active
  const { firstTimestamp } = segment
  segment.writtenBytes = sizeBytes
  segment.syncedBytes = sizeBytes
  const from = segment.offsetIndex.last?.value ?? 0
  if (from < 0 || from > sizeBytes) {
    // An index that only looked good when it was taken up.
    segment.sizeBytes = sizeBytes
    return rebuildIndexes(parts, segment)
  }
  segment.reset(from)
  segment.firstTimestamp = sizeBytes === 0 ? null : firstTimestamp
  segment.maxTimestamp = segment.timeIndex.last?.key ?? -1
  segment.offsetOfMaxTimestamp = segment.timeIndex.last?.value ?? -1
  await walkSegment(parts, segment, { from, upTo: sizeBytes, checkCrc: false }, (header) => {
    segment.noteUnindexed(entryFacts(parts.format, header))
    return true
  })
  segment.sizeBytes = sizeBytes
}
