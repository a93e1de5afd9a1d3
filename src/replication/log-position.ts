import type { LeaderEpoch, Offset } from '../record/offset.ts'

/** How much of history a log holds: the epoch of its newest entry (-1: it is empty), and its end. */
export interface LogPosition {
  readonly lastEpoch: LeaderEpoch
  readonly endOffset: Offset
}

/** A replica's own. What is below its start was committed, and is deleted. */
export interface OwnPosition extends LogPosition {
  readonly logStartOffset: Offset
}

/**
 * Whether a log holds at least as much as another: the later last epoch wins, and with the same one the longer log (Raft
 * paper, section 5.4.1). Comparing ends alone, or terms that nobody wrote under, elects replicas that are behind.
 */
export function isUpToDate(candidate: LogPosition, own: LogPosition): boolean {
  if (candidate.lastEpoch !== own.lastEpoch) return candidate.lastEpoch > own.lastEpoch
  return candidate.endOffset >= own.endOffset
}
