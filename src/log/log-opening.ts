import type { Offset } from '../record/offset.ts'
import { type Disk, DiskFault } from '../runtime/disk.ts'
import type { Logger } from '../runtime/logger.ts'
import { fitsBehind } from './batch-fit.ts'
import { recoverSwaps } from './compaction/swap-recovery.ts'
import { DamagedRanges, damagedRangesFileName } from './damaged-ranges.ts'
import { batchFormat, entryFacts } from './entry-format.ts'
import { EpochTable, epochsFileName } from './epoch-table.ts'
import { LogRecovery, nothingRecovered, type RecoveryReport, writeFoundAborts } from './log-recovery.ts'
import { takeUpAsClosed } from './log-as-closed.ts'
import { type LogParts, newSegment, segmentsToRemove } from './log-parts.ts'
import type { LogOptions } from './log-options.ts'
import { PartitionState } from './partition-state.ts'
import { ProducerSnapshots } from './producer-snapshot-files.ts'
import { ProducerState } from './producer-state.ts'
import { frameFormat } from './queues/frame.ts'
import { Queues } from './queues/queues.ts'
import type { Segment } from './segment.ts'
import { offsetOfFileName } from './segment-files.ts'
import { SegmentList } from './segment-list.ts'
import { loadSegment, openTransactionIndex, placeBefore, replayState, walkSegment } from './segment-loader.ts'
import { removeLeftovers, removeSegment } from './segment-removal.ts'

/** A log's parts as they are once it is open, and what had to be done for it. */
export interface OpenedLog {
  readonly parts: LogParts
  readonly logEndOffset: Offset
  readonly recovery: RecoveryReport
}

/** Takes up the folder of a log, or makes it; recovers where it was not closed cleanly. */
export async function openLog(options: LogOptions): Promise<OpenedLog> {
  const { disk, directory, logger } = options
  // One look at the folder serves all parts: asking for each file that may be there would be most of a start.
  let names = await filesIn(disk, directory)
  const asClosed = await openAsClosed(options, names)
  if (asClosed !== null) return asClosed
  const { files } = options
  if (await recoverSwaps({ disk, directory, logger, files }, names)) names = await filesIn(disk, directory)
  await removeLeftovers({ disk, directory }, names)
  const parts = await partsOf(options, { disk, directory, logger, names })
  const epochsFile = names.includes(epochsFileName) ? await parts.epochs.load() : 'missing'
  const damageIsKnown = !names.includes(damagedRangesFileName) || (await parts.damage.load())
  await findSegments(parts, names)
  const epochsAreKnown = epochsFile === 'loaded' && parts.epochs.entries.length > 0
  const isUsable = damageIsKnown && (epochsAreKnown || parts.segments.sizeBytes === 0)
  let logEndOffset = options.clean && isUsable ? await takeUp(parts) : null
  let recovery = nothingRecovered
  if (logEndOffset === null) {
    const { recoveryPoint, powerCut = false } = options
    const recovered = await new LogRecovery(parts, { recoveryPoint, powerCut, epochsAreKnown }).run()
    logEndOffset = recovered.logEndOffset
    recovery = recovered.report
    await writeFoundAborts(parts)
  }
  logEndOffset = await fitToLogStart(parts, logEndOffset)
  return { parts, logEndOffset, recovery }
}

/** Null: nothing was noted when it was closed last, or it does not look as it did then: it was written to since. */
async function openAsClosed(options: LogOptions, names: readonly string[]): Promise<OpenedLog | null> {
  const { disk, directory, logger, asClosed = null } = options
  if (asClosed === null) return null
  const parts = await partsOf(options, { disk, directory, logger, names })
  if (!(await takeUpAsClosed(parts, names, asClosed))) return null
  return { parts, logEndOffset: await fitToLogStart(parts, asClosed.logEndOffset), recovery: nothingRecovered }
}

/** Drops every segment and begins at `offset`. */
export async function beginAnewAt(parts: LogParts, offset: Offset): Promise<void> {
  for (const segment of [...parts.segments.all].reverse()) await removeSegment(parts, segment)
  await parts.state.beginAnew(offset)
  await parts.disk.syncDirectory(parts.directory)
  parts.segments.add(await createdSegment(parts, offset))
  parts.epochs.clear()
  await parts.epochs.write()
  await parts.damage.truncateTo(0)
}

/** Names of the files in a log's folder, which is made if it is missing. */
async function filesIn(disk: Disk, directory: string): Promise<string[]> {
  try {
    return (await disk.list(directory)).filter((entry) => entry.kind === 'file').map((entry) => entry.name)
  } catch (error) {
    if (!(error instanceof DiskFault && error.code === 'ENOENT')) throw error
    await disk.makeDirectory(directory)
    return []
  }
}

async function partsOf(
  options: LogOptions,
  place: { disk: Disk; directory: string; logger: Logger; names: readonly string[] },
): Promise<LogParts> {
  const { clock, random, files, removals = null, settings, producerStateExpiryMs } = options
  const { logStartOffset, cleanedUpTo = null } = options
  const { disk, directory, logger } = place
  const producers = new ProducerState()
  const snapshots = await ProducerSnapshots.open(place)
  const { unit = 'partition', queueLimits: limits } = options
  const isPartition = unit === 'partition'
  const queues = isPartition ? null : await Queues.open({ ...place, files, ...(limits && { limits }) })
  return {
    disk,
    directory,
    logger,
    clock,
    random,
    files,
    removals,
    settings,
    logStartOffset,
    cleanedUpTo,
    producerStateExpiryMs,
    segments: new SegmentList(),
    epochs: new EpochTable(disk, directory),
    damage: new DamagedRanges(disk, directory),
    producers,
    snapshots,
    format: queues === null ? batchFormat : frameFormat,
    state: queues ?? new PartitionState(producers, snapshots),
    queues,
  }
}

async function findSegments(parts: LogParts, names: readonly string[]): Promise<void> {
  const { disk, segments } = parts
  const bases = names.map((name) => offsetOfFileName(name, '.log')).filter((base) => base !== null)
  bases.sort((a, b) => a - b)
  for (const base of bases) {
    const segment = newSegment(parts, base)
    segment.found(await disk.stat(segment.path))
    segment.isSealed = base !== bases[bases.length - 1]
    segment.isFinished = segment.isSealed
    segments.add(segment)
  }
  await removeBelowLogStart(parts)
  if (bases.length === 0) segments.add(await createdSegment(parts, parts.logStartOffset))
  for (const name of names) {
    const base = offsetOfFileName(name, '.txnindex')
    const segment = segments.all.find((held) => held.baseOffset === base)
    if (segment !== undefined) await openTransactionIndex(parts, segment)
  }
  // The folder may begin above the checkpoint, never the other way round: the checkpoint moves first.
  parts.logStartOffset = Math.max(parts.logStartOffset, segments.first.baseOffset)
  await parts.state.segmentsAre(segments.all.map((segment) => segment.baseOffset))
}

/** Segments whose removal had not reached the disk, or that a crash came before. */
async function removeBelowLogStart(parts: LogParts): Promise<void> {
  for (const segment of segmentsToRemove(parts)) await removeSegment(parts, segment)
}

/** An empty segment with its (empty) files, so that the folder looks like Kafka's from the first moment on. */
async function createdSegment(parts: LogParts, baseOffset: Offset): Promise<Segment> {
  const segment = newSegment(parts, baseOffset)
  await createFiles(parts, segment)
  segment.isLoaded = true
  return segment
}

export async function createFiles(parts: LogParts, segment: Segment): Promise<void> {
  const { preallocate, segmentBytes } = parts.settings
  await parts.files.use(segment.path, (file) => file.truncate(preallocate ? segmentBytes : 0), 'create')
  for (const { path } of [segment.offsetIndex, segment.timeIndex]) {
    await parts.files.use(path, (file) => file.truncate(0), 'create')
  }
  segment.isCreated = true
}

/**
 * After a clean shutdown only the batches behind the last index entry of the newest segment are stepped over. Null when
 * that shows that the shutdown cannot have been clean.
 */
async function takeUp(parts: LogParts): Promise<Offset | null> {
  const { segments, state, clock, producerStateExpiryMs: expirationMs } = parts
  const segment = segments.active
  const { sizeBytes } = segment
  await loadSegment(parts, segment)
  const { position, expected } = await placeBefore(parts, segment, Number.MAX_SAFE_INTEGER)
  segment.sizeBytes = position
  let logEndOffset = expected
  let lastEpoch = -1
  const range = { from: position, upTo: sizeBytes, checkCrc: true }
  const { end } = await walkSegment(parts, segment, range, (header) => {
    if (!fitsBehind(logEndOffset, header, parts)) return false
    segment.noteUnindexed(entryFacts(parts.format, header))
    logEndOffset = header.nextOffset
    lastEpoch = header.partitionLeaderEpoch
    return true
  })
  segment.sizeBytes = sizeBytes
  if (end !== 'end' || lastEpoch > parts.epochs.lastEpoch) return null
  // An index that tells of more than there is: what is appended could not be entered behind it.
  const { offsetIndex, timeIndex } = segment
  if ((offsetIndex.last?.key ?? -1) >= logEndOffset || (offsetIndex.last?.value ?? 0) > sizeBytes) return null
  if ((timeIndex.last?.value ?? -1) >= logEndOffset) return null
  parts.epochs.truncateFromEnd(logEndOffset)
  const { logStartOffset } = parts
  await state.reload({ logStartOffset, logEndOffset, nowMs: clock.nowMs(), expirationMs })
  await replayState(parts, Math.max(logEndOffset, state.endOffset))
  return logEndOffset
}

async function fitToLogStart(parts: LogParts, logEndOffset: Offset): Promise<Offset> {
  const { epochs, logger, logStartOffset } = parts
  epochs.truncateFromEnd(logEndOffset)
  if (logEndOffset >= logStartOffset) {
    epochs.truncateFromStart(logStartOffset)
    await parts.damage.segmentsRemovedBelow(parts.segments.first.baseOffset)
    await epochs.write()
    await parts.state.beginsAt(logStartOffset)
    return logEndOffset
  }
  logger.error(
    { directory: parts.directory, logEndOffset, logStartOffset },
    'the log ends before its start, and begins anew there',
  )
  await beginAnewAt(parts, logStartOffset)
  return logStartOffset
}
