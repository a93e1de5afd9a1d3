import type { Offset } from '../../record/offset.ts'

/** How far a follower is, as its leader knows it. */
export interface Successor {
  readonly logEndOffset: Offset
  /** When it last had all that the leader had, by the monotonic clock; null: never since this leader leads. */
  readonly caughtUpMs: number | null
  /** It may have lost what it had acknowledged. */
  readonly isSuspect: boolean
  readonly isInTouch: boolean
}

/** A follower that was further behind than this has to catch up first: the group takes no writes while it does. */
const paceMs = 1_000

/** Whether a leader may begin to hand over to that follower: it keeps pace, and has lost nothing. */
export function mayTakeOver(successor: Successor | undefined, nowMs: number): boolean {
  if (successor === undefined || successor.isSuspect || !successor.isInTouch) return false
  return successor.caughtUpMs !== null && nowMs - successor.caughtUpMs <= paceMs
}

/**
 * Whether it may be told to stand: it has the whole log of the leader, so that nothing is cut, and all of that is committed,
 * so that whoever waits for an answer has it.
 */
export function hasAll(
  successor: Successor,
  leader: { readonly logEndOffset: Offset; readonly highWatermark: Offset },
): boolean {
  if (successor.isSuspect || !successor.isInTouch) return false
  return successor.logEndOffset >= leader.logEndOffset && leader.highWatermark >= leader.logEndOffset
}
