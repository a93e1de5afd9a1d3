import type { Offset } from '../record/offset.ts'

/** What a follower's fetch says of its pace. Times are of the monotonic clock. */
export interface FetchedPace {
  readonly fetchedMs: number
  /** When it last had all that the leader had; null: never since this leader leads. */
  readonly caughtUpMs: number | null
  /** The leader's log end at that fetch. */
  readonly leaderEnd: Offset
}

/** After a fetch from `from`. As Kafka has it: a follower that has all there was at its fetch before had all then. */
export function paceAfter(
  before: FetchedPace | undefined,
  from: Offset,
  { leaderEnd, nowMs }: { leaderEnd: Offset; nowMs: number },
): FetchedPace {
  const hadAllThen = before !== undefined && from >= before.leaderEnd ? before.fetchedMs : (before?.caughtUpMs ?? null)
  return { fetchedMs: nowMs, caughtUpMs: from >= leaderEnd ? nowMs : hadAllThen, leaderEnd }
}
