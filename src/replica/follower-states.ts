import type { Offset } from '../record/offset.ts'
import { type FetchedPace, paceAfter } from '../replication/follower-pace.ts'
import type { BrokerId, ReplicaId } from '../replication/replica-id.ts'

/** How far a follower was when it fetched last. Times are of the monotonic clock. */
export interface FollowerState extends ReplicaId, Omit<FetchedPace, 'leaderEnd'> {
  readonly logEndOffset: Offset
  /** It may have lost what it had. */
  readonly isSuspect: boolean
  readonly isInTouch: boolean
}

interface Noted extends FollowerState, FetchedPace {}

/** What a leader can tell of those that follow it, whether it counts them or not: for describing a group, not for deciding. */
export class FollowerStates {
  readonly #noted = new Map<BrokerId, Noted>()

  fetched(
    { broker, directory }: ReplicaId,
    { from, suspect: isSuspect }: { from: Offset; suspect: boolean },
    at: { leaderEnd: Offset; nowMs: number },
  ): void {
    const pace = paceAfter(this.#noted.get(broker), from, at)
    this.#noted.set(broker, { broker, directory, logEndOffset: from, ...pace, isSuspect, isInTouch: true })
  }

  disconnected(broker: BrokerId): void {
    const noted = this.#noted.get(broker)
    if (noted !== undefined) this.#noted.set(broker, { ...noted, isInTouch: false })
  }

  /** A fetch for which there is nothing waits at the leader: whoever has all and is in touch has it now. */
  at({ leaderEnd, nowMs }: { leaderEnd: Offset; nowMs: number }): FollowerState[] {
    return [...this.#noted.values()].map(({ leaderEnd: _then, fetchedMs, caughtUpMs, ...state }) => {
      const waits = state.isInTouch && state.logEndOffset >= leaderEnd
      return { ...state, ...(waits ? { fetchedMs: nowMs, caughtUpMs: nowMs } : { fetchedMs, caughtUpMs }) }
    })
  }
}
