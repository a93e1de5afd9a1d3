import type { Offset, Timestamp } from '../../record/offset.ts'
import type { Segment } from '../segment.ts'

/** When a log is compacted, and what stays in it (`min.cleanable.dirty.ratio` and its kin). */
export interface CompactionRule {
  /** Share of bytes that no compaction has seen from which on it is worth one. */
  readonly minDirtyRatio: number
  /** Records stay uncompacted for at least so long. */
  readonly minLagMs: number
  /** A record that has stayed uncompacted for so long has its log compacted whatever the share is. */
  readonly maxLagMs: number
  /** How long tombstones, and the marks of transactions without records, stay after the first compaction that meets them. */
  readonly deleteRetentionMs: number
}

/** One segment as compaction sees it. */
export type CleanSegment = Pick<
  Segment,
  'baseOffset' | 'sizeBytes' | 'maxTimestamp' | 'firstTimestamp' | 'modifiedMs' | 'isLoaded' | 'isFinished'
>

/** What there is to be compacted in a log. */
export interface Cleanable {
  /** First offset that no compaction has seen. */
  readonly firstDirty: Offset
  /** First offset that has to stay as it is for now: the beginning of a segment. */
  readonly upTo: Offset
  /** Share of bytes that are dirty, of those below `upTo`. */
  readonly ratio: number
  /** A record has stayed uncompacted for longer than it may. */
  readonly isOverdue: boolean
}

/**
 * What of a log may be compacted, as Kafka judges it: whole segments below the last stable offset that are not written to any
 * more and whose newest record is old enough. When a segment has to be loaded first, that segment.
 */
export function cleanablePart<S extends CleanSegment>(
  segments: readonly S[],
  rule: CompactionRule,
  at: { firstDirty: Offset; stableUpTo: Offset; nowMs: Timestamp },
): Cleanable | S {
  const { firstDirty, stableUpTo, nowMs } = at
  let cleanBytes = 0
  let dirtyBytes = 0
  let oldest: Timestamp | null = null
  let upTo = segments[0]?.baseOffset ?? 0
  for (let i = 0; i + 1 < segments.length; i++) {
    const segment = segments[i] as S
    const end = (segments[i + 1] as S).baseOffset
    if (end > stableUpTo || !segment.isFinished) break
    const isDirty = end > firstDirty
    if (isDirty) {
      if (!segment.isLoaded) return segment
      if (rule.minLagMs > 0 && nowMs - newestTimeOf(segment) < rule.minLagMs) break
      oldest = Math.min(oldest ?? nowMs, oldestTimeOf(segment))
    }
    if (segment.baseOffset < firstDirty) cleanBytes += segment.sizeBytes
    else dirtyBytes += segment.sizeBytes
    upTo = end
  }
  const all = cleanBytes + dirtyBytes
  return {
    firstDirty,
    upTo,
    ratio: all === 0 ? 0 : dirtyBytes / all,
    isOverdue: dirtyBytes > 0 && oldest !== null && nowMs - oldest > rule.maxLagMs,
  }
}

/** Whether it is worth a compaction now. */
export function isWorthIt({ firstDirty, upTo, ratio, isOverdue }: Cleanable, rule: CompactionRule): boolean {
  return upTo > firstDirty && (isOverdue || ratio > rule.minDirtyRatio)
}

/** Without timestamps it is the file that tells, as in Kafka. */
function newestTimeOf({ maxTimestamp, modifiedMs }: CleanSegment): Timestamp {
  return maxTimestamp >= 0 ? maxTimestamp : modifiedMs
}

function oldestTimeOf({ firstTimestamp, modifiedMs }: CleanSegment): Timestamp {
  return firstTimestamp !== null && firstTimestamp >= 0 ? firstTimestamp : modifiedMs
}
