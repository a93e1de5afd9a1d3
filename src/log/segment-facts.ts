import type { Offset, Timestamp } from '../record/offset.ts'
import type { Segment } from './segment.ts'

/** One segment as it is described to operators. */
export interface SegmentFacts {
  readonly baseOffset: Offset
  readonly sizeBytes: number
  /** -1: unknown (not read since the start) or none. */
  readonly maxTimestamp: Timestamp
  readonly isActive: boolean
}

export function describeSegments(segments: readonly Segment[]): SegmentFacts[] {
  const active = segments[segments.length - 1]
  return segments.map((segment) => ({
    baseOffset: segment.baseOffset,
    sizeBytes: segment.sizeBytes,
    maxTimestamp: segment.maxTimestamp,
    isActive: segment === active,
  }))
}
