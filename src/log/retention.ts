import type { Offset, Timestamp } from '../record/offset.ts'
import { invariant } from '../runtime/invariant.ts'
import type { Segment } from './segment.ts'

/** What a log may hold (`retention.ms`, `retention.bytes`); -1: no bound. Judged segment by segment, as Kafka does. */
export interface RetentionRule {
  /** A segment goes when its largest timestamp is older than this. */
  readonly ms: number
  /** The oldest segments go while the rest still has this many bytes. */
  readonly bytes: number
}

/** One segment as retention sees it. */
export type HeldSegment = Pick<Segment, 'baseOffset' | 'sizeBytes' | 'maxTimestamp' | 'modifiedMs' | 'isLoaded'>

/**
 * Where the log may begin, by the rule: the end of the last of the oldest segments that may go, the newest included; null:
 * all stay. Nothing at or above `highWatermark` goes. When a segment has to be loaded first, that segment.
 */
export function endOfExpired<S extends HeldSegment>(
  segments: readonly S[],
  rule: RetentionRule,
  at: { nowMs: Timestamp; highWatermark: Offset; logEndOffset: Offset },
): Offset | S | null {
  let excess = rule.bytes < 0 ? -1 : segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, -rule.bytes)
  let expired: Offset | null = null
  for (const [i, segment] of segments.entries()) {
    const end = segments[i + 1]?.baseOffset ?? at.logEndOffset
    invariant(end >= segment.baseOffset, 'segments overlap', { end, baseOffset: segment.baseOffset })
    if (end > at.highWatermark || segment.sizeBytes === 0) break
    excess -= segment.sizeBytes
    if (excess < 0) {
      if (rule.ms < 0) break
      if (!segment.isLoaded) return segment
      if (at.nowMs - newestTimeOf(segment) <= rule.ms) break
    }
    expired = end
  }
  return expired
}

/** Without timestamps it is the file that tells, as in Kafka. */
function newestTimeOf({ maxTimestamp, modifiedMs }: HeldSegment): Timestamp {
  return maxTimestamp >= 0 ? maxTimestamp : modifiedMs
}
