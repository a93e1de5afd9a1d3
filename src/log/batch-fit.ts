import type { LeaderEpoch, Offset } from '../record/offset.ts'
import { gapsAllowed, type LogParts } from './log-parts.ts'

/** What stands outside of a batch's CRC. */
interface Placed {
  readonly baseOffset: Offset
  readonly partitionLeaderEpoch: LeaderEpoch
}

/**
 * Whether a batch whose CRC holds can stand where it was found, behind one that ended at `expected`. Offset and epoch are not
 * covered by the CRC: they must be what they can only be. Where compaction leaves gaps, an offset is only known not to be too low.
 */
export function fitsBehind(
  expected: Offset,
  { baseOffset, partitionLeaderEpoch }: Placed,
  log: Pick<LogParts, 'epochs' | 'settings' | 'cleanedUpTo'>,
): boolean {
  if (!isNext(expected, baseOffset, log)) return false
  const known = log.epochs.epochAt(baseOffset)
  return known === null || known === partitionLeaderEpoch
}

/** The longest gap: what an index can tell within a segment. */
const gapMax = 0x7fffffff

/** Whether a batch at `offset` may follow on what ended at `expected`. */
export function isNext(expected: Offset, offset: Offset, log: Pick<LogParts, 'settings' | 'cleanedUpTo'>): boolean {
  return offset === expected || (offset > expected && offset - expected <= gapMax && gapsAllowed(log))
}
