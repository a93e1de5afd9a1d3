import { crc32c } from '../codec/crc32c.ts'
import type { LeaderEpoch, Offset, Timestamp } from '../record/offset.ts'
import { type LogParts, newSegment } from './log-parts.ts'
import { ProducerEntry, type ProducerMemory } from './producer-state-entry.ts'
import { isExpired } from './producer-state.ts'
import { offsetOfFileName } from './segment-files.ts'
import type { SegmentMemory } from './segment.ts'

/**
 * What a log knew of itself when it was closed cleanly, and how its files looked then. A start that finds them so opens none
 * of them: of ten thousand partitions most are not used soon.
 */
export interface LogAsClosed {
  /** CRC-32C over the names of the files in its folder. */
  readonly names: number
  readonly logEndOffset: Offset
  readonly epochs: readonly { readonly epoch: LeaderEpoch; readonly startOffset: Offset }[]
  /** With all of their batches that a retry may come for, where a snapshot keeps the newest one. */
  readonly producers: readonly ProducerMemory[]
  readonly segments: readonly SegmentAsClosed[]
  /** What is known of the newest segment, its indexes included. */
  readonly active: SegmentMemory
}

interface SegmentAsClosed {
  readonly baseOffset: Offset
  readonly sizeBytes: number
  /** As the system tells it. */
  readonly modifiedMs: Timestamp
}

/** Of a log with more of them the snapshot is read: the notes of all logs are one file. */
const producersMax = 100

const plainNames = new Set(['leader-epoch-checkpoint', 'partition.metadata', 'quorum-state'])
const plainKinds = ['.log', '.index', '.timeindex', '.snapshot'] as const

/** Null: it has something about it (queues, damage, transactions, leftovers) that the next start had better look at. */
export async function logAsClosed(parts: LogParts, logEndOffset: Offset): Promise<LogAsClosed | null> {
  const { segments, epochs, producers, damage, queues } = parts
  const { active } = segments
  if (
    producers.size > producersMax ||
    queues !== null ||
    damage.all.length > 0 ||
    !active.isLoaded ||
    producers.endOffset !== logEndOffset ||
    // Of what lies below the log start alone nothing is told here.
    (parts.logStartOffset === logEndOffset && segments.sizeBytes > 0)
  )
    return null
  const names = await plainNamesIn(parts)
  if (names === null) return null
  const closed: SegmentAsClosed[] = []
  for (const segment of segments.all) {
    if (!segment.isCreated || segment.transactions !== null || segment.writtenBytes !== segment.sizeBytes) return null
    const { size: sizeBytes, modifiedMs } = await parts.disk.stat(segment.path)
    closed.push({ baseOffset: segment.baseOffset, sizeBytes, modifiedMs })
  }
  if (closed.some(({ sizeBytes }, i) => sizeBytes !== segments.all[i]?.sizeBytes)) return null
  return {
    names: sumOf(names),
    logEndOffset,
    epochs: epochs.entries,
    producers: Array.from(producers.entries(), (entry) => entry.memory()),
    segments: closed,
    active: active.memory(),
  }
}

/**
 * Takes a log up from what was noted when it was closed. False: its files are not what they were then, and have to be looked
 * at; nothing was changed, and `parts` may not be used any more.
 */
export async function takeUpAsClosed(parts: LogParts, names: readonly string[], closed: LogAsClosed): Promise<boolean> {
  if (sumOf(names) !== closed.names) return false
  const { segments, producers, epochs, clock, producerStateExpiryMs: expirationMs } = parts
  for (const noted of closed.segments) {
    const segment = newSegment(parts, noted.baseOffset)
    const { size, modifiedMs } = await parts.disk.stat(segment.path)
    if (size !== noted.sizeBytes || modifiedMs !== noted.modifiedMs) return false
    segment.found({ size, modifiedMs })
    segments.add(segment)
  }
  const [, second] = segments.all
  const { logEndOffset } = closed
  if (parts.logStartOffset > logEndOffset || (second?.baseOffset ?? logEndOffset + 1) <= parts.logStartOffset)
    return false
  for (const segment of segments.all) segment.isSealed = segment.isFinished = segment !== segments.active
  segments.active.remember(closed.active)
  parts.logStartOffset = Math.max(parts.logStartOffset, segments.first.baseOffset)
  epochs.restore(closed.epochs)
  const known = closed.producers.map((memory) => ProducerEntry.remembered(memory))
  producers.reset(
    logEndOffset,
    known.filter((entry) => !isExpired(entry, clock.nowMs(), expirationMs)),
  )
  return true
}

/** Null: there are others than those that every log has. */
async function plainNamesIn({ disk, directory }: LogParts): Promise<string[] | null> {
  const names: string[] = []
  for (const { name, kind } of await disk.list(directory)) {
    const isPlain = plainNames.has(name) || plainKinds.some((each) => offsetOfFileName(name, each) !== null)
    if (kind !== 'file' || !isPlain) return null
    names.push(name)
  }
  return names
}

const sumOf = (names: readonly string[]): number => crc32c(Buffer.from([...names].sort().join('/')))
