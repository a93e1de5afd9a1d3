import type { Offset } from '../record/offset.ts'
import type { AbortedTransaction } from './aborted-transaction.ts'
import type { SegmentList } from './segment-list.ts'

/** Aborted transactions that have records in [from, upTo). */
export function abortedWithin(segments: SegmentList, from: Offset, upTo: Offset): AbortedTransaction[] {
  const found = []
  for (const segment of segments.from(from)) {
    const entries = [...(segment.transactions?.entries ?? []), ...segment.pendingAborts]
    for (const entry of entries) {
      if (entry.lastOffset >= from && entry.firstOffset < upTo) found.push(entry)
      if (entry.lastStableOffset >= upTo) return found
    }
  }
  return found
}
