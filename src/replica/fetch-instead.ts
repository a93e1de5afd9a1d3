import type { Log } from '../log/log.ts'
import type { LeaderEpoch } from '../record/offset.ts'
import { isGone } from '../replication/divergence.ts'
import type { FetchAnswer, FetchRequest } from '../replication/fetch.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { ReplicationRules } from '../replication/rules.ts'
import type { GroupSnapshots } from './group-snapshots.ts'
import type { GroupVoters } from './group-voters.ts'

/** What a group keeps of what was below its log start. */
export interface GroupsPast {
  readonly snapshots: GroupSnapshots | null
  readonly voters: GroupVoters | null
}

/** What a leader answers instead of entries, where the follower's log is no beginning of its own; null: it is one. */
export function answerInstead(
  request: FetchRequest,
  log: Log,
  group: GroupsPast & { readonly rules: ReplicationRules },
): FetchAnswer<never> | null {
  if (isGone(request, log)) return goneAnswer(request, log, group)
  const { epoch, from } = request
  const end = group.rules.divergenceOf(request, log)
  return end === null ? null : { epoch, from, outcome: 'diverging', end }
}

/** For a follower whose leader does not keep what it asks for: where it is to begin anew. */
export function goneAnswer(
  { epoch, from }: FetchRequest,
  { logStartOffset }: Log,
  { snapshots, voters }: GroupsPast,
): FetchAnswer<never> {
  const voting = voters?.history.at(logStartOffset).voters ?? null
  return { epoch, from, outcome: 'gone', logStartOffset, snapshot: snapshots?.newest ?? null, voters: voting }
}

/** For whoever takes `self` for the leader, and is wrong: so it is not to be named as the one to go to. */
export function notLeaderAnswer(
  { epoch, from }: FetchRequest,
  known: { readonly self: BrokerId; readonly epoch: LeaderEpoch; readonly leader: BrokerId | null },
): FetchAnswer<never> {
  const leader = known.leader === known.self ? null : known.leader
  return { epoch, from, outcome: 'not-leader', knownEpoch: known.epoch, leader }
}
