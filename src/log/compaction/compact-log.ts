import type { BatchHeader } from '../../record/batch-header.ts'
import type { Offset } from '../../record/offset.ts'
import { RecordWalk } from '../../record/record-walk.ts'
import type { LogParts } from '../log-parts.ts'
import type { Segment } from '../segment.ts'
import { loadSegment, positionBefore } from '../segment-loader.ts'
import type { AbortedTransaction } from '../transaction-index.ts'
import { type CompactionKnowledge, fateOf, recordsOf, unlessUnreadable } from './batch-fate.ts'
import type { Cleanable, CompactionRule } from './cleanable.ts'
import { CleanedSegment } from './cleaned-segment.ts'
import { type CompactionPace, CompactionStopped } from './compaction-pace.ts'
import { EndedTransactions } from './ended-transactions.ts'
import { bytesPerKey, KeyOffsets } from './key-offsets.ts'
import { eachBatch } from './segment-batches.ts'
import { groupSegments } from './segment-groups.ts'

/** The memory that one compaction may take, whatever the log holds. */
export interface CompactionMemory {
  /** For the newest offsets of keys (`log.cleaner.dedupe.buffer.size`); less is taken where less will do. */
  readonly keyBytes: number
  /** How full that may become. */
  readonly loadFactor: number
  /** For reading and writing, half of it each (`log.cleaner.io.buffer.size`). A larger batch takes its own size. */
  readonly ioBytes: number
}

/** What a compaction has done. */
export interface CompactionReport {
  /** Everything below has been compacted. */
  readonly cleanedUpTo: Offset
  /** Size of the segments looked at, before and afterwards. */
  readonly bytesBefore: number
  readonly bytesAfter: number
}

export interface Compaction {
  readonly part: Cleanable
  readonly rule: CompactionRule
  readonly memory: CompactionMemory
  readonly pace: CompactionPace
  /** Nothing at or above has been committed yet. */
  readonly committedUpTo: Offset
  /** All that copy the log have what lies below, now: what says that something is gone must reach them before it goes itself. */
  replicatedUpTo(): Offset
  /** Puts the cleaned segment in the place of others, durably; throws where they are not the log's any more. */
  swap(old: readonly Segment[], cleaned: Segment): Promise<void>
}

/**
 * Compacts a part of a log: notes where each key of the dirty part stands last, as far as memory goes, and writes all segments
 * up to there anew without what newer records make superfluous. One group of segments at a time, the oldest first, so
 * that no record comes back which a tombstone had deleted, whenever it ends.
 */
export async function compactLog(parts: LogParts, compaction: Compaction): Promise<CompactionReport> {
  const { part, pace } = compaction
  const segments = parts.segments.all.filter(({ baseOffset }) => baseOffset < part.upTo)
  for (const segment of segments) await loadSegment(parts, segment)
  const aborted = abortedBelow(parts, part.upTo)
  const known = await newestOffsets(parts, segments, { ...compaction, aborted })
  const cleanedUpTo = known.upThrough + 1
  const cleaned = segments.filter(({ baseOffset }) => baseOffset < cleanedUpTo)
  let abortedInGroup: (transaction: AbortedTransaction) => void = () => {}
  const by: Omit<CompactionKnowledge, 'replicatedUpTo'> = {
    newest: known.newest,
    newestUpThrough: known.upThrough,
    transactions: new EndedTransactions(aborted, (transaction) => abortedInGroup(transaction)),
    isLastOfProducer: lastOfProducers(parts, compaction.committedUpTo),
    nowMs: parts.clock.nowMs(),
    deleteRetentionMs: compaction.rule.deleteRetentionMs,
  }
  const { segmentBytes, segmentIndexBytes } = parts.settings
  const upTo = segments[cleaned.length]?.baseOffset ?? part.upTo
  let bytesBefore = 0
  let bytesAfter = 0
  for (const group of groupSegments(cleaned, { segmentBytes, segmentIndexBytes, upTo })) {
    const output = await CleanedSegment.create(parts, {
      baseOffset: (group[0] as Segment).baseOffset,
      bufferBytes: compaction.memory.ioBytes / 2,
      hasTransactions: group.some(({ transactions }) => transactions !== null),
    })
    abortedInGroup = (transaction) => output.addAborted(transaction)
    try {
      const replicatedUpTo = compaction.replicatedUpTo()
      const how = { output, by: { ...by, replicatedUpTo }, pace, blockBytes: compaction.memory.ioBytes / 2 }
      const isSame = await writeGroup(parts, group, how)
      const before = group.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      bytesBefore += before
      bytesAfter += isSame ? before : output.segment.sizeBytes
      if (isSame) {
        await output.discard()
        continue
      }
      await output.finish()
      if (compaction.replicatedUpTo() < replicatedUpTo) throw new CompactionStopped('a copy of the log has begun anew')
      await compaction.swap(group, output.segment)
    } catch (error) {
      await output.discard()
      throw error
    } finally {
      output.release()
    }
  }
  return { cleanedUpTo, bytesBefore, bytesAfter }
}

/** Their markers may lie behind the part: that it is stable means that there are some. */
function abortedBelow({ segments }: LogParts, upTo: Offset): AbortedTransaction[] {
  const all = segments.all.flatMap(({ transactions, pendingAborts }) => [
    ...(transactions?.entries ?? []),
    ...pendingAborts,
  ])
  return all.filter(({ firstOffset }) => firstOffset < upTo)
}

/** Where each key of the dirty part stands last, up to the offset through which there was room for that. */
async function newestOffsets(
  parts: LogParts,
  segments: readonly Segment[],
  { part, memory, pace, aborted }: Compaction & { aborted: readonly AbortedTransaction[] },
): Promise<{ newest: KeyOffsets; upThrough: Offset }> {
  const { firstDirty, upTo } = part
  const wanted = Math.ceil(((upTo - firstDirty + 1) * bytesPerKey) / memory.loadFactor) + bytesPerKey
  const newest = new KeyOffsets({
    bytes: Math.min(memory.keyBytes, wanted),
    loadFactor: memory.loadFactor,
    secret: parts.random.bytes(16),
  })
  // Those that have ended before are none of the batches that follow, though of their producers.
  const transactions = new EndedTransactions(aborted.filter(({ lastOffset }) => lastOffset >= firstDirty))
  let fullAt: Offset | null = null
  const visit = (batch: BatchHeader): void => {
    if (fullAt !== null || batch.nextOffset <= firstDirty) return
    if (!transactions.isOver(batch) && !batch.isControl) fullAt = noteKeys(batch, newest, firstDirty)
  }
  for (const [i, segment] of segments.entries()) {
    if ((segments[i + 1]?.baseOffset ?? upTo) <= firstDirty) continue
    if (fullAt !== null) break
    const from = segment.baseOffset < firstDirty ? await positionBefore(parts, segment, firstDirty) : 0
    await eachBatch(parts, segment, { from, blockBytes: memory.ioBytes / 2, pace }, visit)
  }
  return { newest, upThrough: (fullAt ?? upTo) - 1 }
}

/** Null, or the offset of the first record for whose key there is no room. */
function noteKeys(batch: BatchHeader, newest: KeyOffsets, firstDirty: Offset): Offset | null {
  if (batch.recordCount === 0) return null
  const { baseOffset } = batch
  return unlessUnreadable(null, () => {
    const walk = new RecordWalk(recordsOf(batch))
    while (walk.next()) {
      const offset = baseOffset + walk.offsetDelta
      if (offset < firstDirty || walk.keyBytes < 0) continue
      if (!newest.put(walk.bytes.subarray(walk.keyAt, walk.keyAt + walk.keyBytes), offset)) return offset
    }
    return null
  })
}

/** Writes what stays of some segments. True: all of it does, in one segment that is there already. */
async function writeGroup(
  parts: LogParts,
  group: readonly Segment[],
  how: { output: CleanedSegment; by: CompactionKnowledge; pace: CompactionPace; blockBytes: number },
): Promise<boolean> {
  const { output, by, pace, blockBytes } = how
  const last = group[group.length - 1] as Segment
  let isSame = group.length === 1
  for (const segment of group) {
    let position = 0
    await eachBatch(parts, segment, { from: 0, blockBytes, pace }, async (batch) => {
      position += batch.sizeBytes
      // The end of the group is kept, whatever of its last batch is: a start has to know what the new segment replaces. So is
      // where an epoch begins: a follower that is given the log has nothing else to tell it from.
      const isLast = segment === last && position === last.writtenBytes
      const keepsPlace = isLast || parts.epochs.beginsAt(batch.baseOffset)
      const fate = fateOf(batch, by, keepsPlace)
      if (fate !== 'keep') isSame = false
      if (fate === 'drop') return
      const bytes = fate === 'keep' ? batch.bytes.subarray(batch.at, batch.at + batch.sizeBytes) : fate
      await output.add(bytes)
      const rest = pace.moved(bytes.length)
      if (rest !== null) await rest
    })
  }
  return isSame
}

/**
 * Tells the batch, data or marker, from which the newest committed state of its producer can be known again: without it a
 * producer's retry would be taken for a new batch once the snapshots are gone.
 */
function lastOfProducers(parts: LogParts, committedUpTo: Offset): (batch: BatchHeader) => boolean {
  return (batch) => {
    const entry = parts.producers.entry(batch.producerId)
    if (entry === null) return false
    if (entry.batches.length === 0) return batch.isControl && batch.producerEpoch === entry.producerEpoch
    return batch.lastOffset === entry.lastOffsetBelow(committedUpTo)
  }
}
