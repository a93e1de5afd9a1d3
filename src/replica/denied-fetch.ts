import type { Offset } from '../record/offset.ts'
import type { FetchAnswer, FetchRequest } from '../replication/fetch.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { GroupSnapshots } from './group-snapshots.ts'
import type { GroupVoters } from './group-voters.ts'

/** For a follower whose leader does not keep what it asks for: where it is to begin anew. */
export function goneAnswer(
  { epoch, from }: FetchRequest,
  kept: { logStartOffset: Offset; snapshots: GroupSnapshots | null; voters: GroupVoters | null },
): FetchAnswer<never> {
  const { logStartOffset, snapshots } = kept
  const voters = kept.voters?.history.at(logStartOffset).voters ?? null
  return { epoch, from, outcome: 'gone', logStartOffset, snapshot: snapshots?.newest ?? null, voters }
}

/** For whoever takes `self` for the leader, and is wrong: so it is not to be named as the one to go to. */
export function notLeaderAnswer(
  { epoch, from }: FetchRequest,
  known: { self: BrokerId; epoch: number; leader: BrokerId | null },
): FetchAnswer<never> {
  const leader = known.leader === known.self ? null : known.leader
  return { epoch, from, outcome: 'not-leader', knownEpoch: known.epoch, leader }
}
