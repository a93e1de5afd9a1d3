import type { LeaderEpoch, Offset } from '../record/offset.ts'
import { invariant } from '../runtime/invariant.ts'

/** Where epochs end in a log; `EpochTable` answers so. */
export interface EpochEnds {
  readonly lastEpoch: LeaderEpoch
  /** Where epochs begin, oldest first. */
  readonly entries: readonly { readonly epoch: LeaderEpoch; readonly startOffset: Offset }[]
  /** The newest epoch not above `epoch`, and where it ends in this log; null: the log knows of none. */
  endOffsetFor(epoch: LeaderEpoch, logEndOffset: Offset): EpochEnd | null
}

export interface EpochEnd {
  readonly epoch: LeaderEpoch
  readonly endOffset: Offset
}

/** The follower's end, and the epoch of the entry before it; -1: its log is empty. */
interface FollowerEnd {
  readonly from: Offset
  readonly lastEpoch: LeaderEpoch
}

/**
 * Whether a follower that ends at `from` has to begin anew: the leader keeps nothing there, and can compare nothing. Where the
 * leader knows the epoch just below its log start, it also knows of a follower whose log must differ below it (KIP-630).
 */
export function isGone(
  { from, lastEpoch }: FollowerEnd,
  log: {
    logStartOffset: Offset
    logEndOffset: Offset
    epochs: { readonly below: LeaderEpoch; readonly entries: EpochEnds['entries'] }
    /** Null: what a log tells does not rest on what was below its start, as offsets of queues do. */
    queues: object | null
  },
): boolean {
  const { logStartOffset, logEndOffset, epochs, queues } = log
  if (from < logStartOffset || (lastEpoch < 0 && from > logEndOffset)) return true
  const { below } = epochs
  const [oldest] = epochs.entries
  // Where its epoch ended is below the log start: what it has there may be something else, and the end of a queue with it.
  const isOlder = oldest !== undefined && lastEpoch >= 0 && lastEpoch < oldest.epoch
  if (queues !== null && logStartOffset > 0 && isOlder) return true
  return below >= 0 && (lastEpoch < below || (from === logStartOffset && lastEpoch !== below))
}

/**
 * The leader's side: whether a log that ends at `from` with an entry of `lastEpoch` is a beginning of this one (null), or
 * else the newest point up to which it might be: where the newest epoch not above `lastEpoch` ends here (KIP-101, KIP-595).
 */
export function divergenceOf(
  fetch: FollowerEnd,
  log: { readonly epochs: EpochEnds; readonly logEndOffset: Offset },
): EpochEnd | null {
  // An empty log is a beginning of every log.
  if (fetch.from === 0 || (fetch.lastEpoch < 0 && fetch.from <= log.logEndOffset)) return null
  const end = log.epochs.endOffsetFor(fetch.lastEpoch, log.logEndOffset)
  if (end === null) return { epoch: log.epochs.lastEpoch, endOffset: log.logEndOffset }
  if (end.epoch === fetch.lastEpoch && end.endOffset >= fetch.from) return null
  return end
}

/**
 * The follower's side: where to cut, when the leader has named the end of an epoch. Where both logs have that epoch, at
 * the lower of its two ends; else where the follower's newest older epoch ends, to ask again from there (KIP-279).
 */
export function cutFor(
  diverging: EpochEnd,
  log: { readonly epochs: EpochEnds; readonly logEndOffset: Offset; readonly logStartOffset: Offset },
): Offset {
  const own = log.epochs.endOffsetFor(diverging.epoch, log.logEndOffset)
  const end = own === null ? log.logEndOffset : own.endOffset
  const cut = Math.max(log.logStartOffset, Math.min(diverging.endOffset, end))
  invariant(cut < log.logEndOffset, 'a diverging log has nothing to cut', { diverging, own, end: log.logEndOffset })
  return cut
}
