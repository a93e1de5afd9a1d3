import type { Log } from '../log/log.ts'
import { isGone } from '../replication/divergence.ts'
import type { FetchAnswer, FetchRequest } from '../replication/fetch.ts'
import type { ReplicationRules } from '../replication/rules.ts'
import type { GroupSnapshots } from './group-snapshots.ts'
import type { GroupVoters } from './group-voters.ts'

/** What a leader answers instead of entries, where the follower's log is no beginning of its own; null: it is one. */
export function answerInstead(
  request: FetchRequest,
  log: Log,
  {
    rules,
    snapshots,
    voters,
  }: { rules: ReplicationRules; snapshots: GroupSnapshots | null; voters: GroupVoters | null },
): FetchAnswer<never> | null {
  const { epoch, from } = request
  if (isGone(request, log)) {
    const { logStartOffset } = log
    const voting = voters?.history.at(logStartOffset).voters ?? null
    return { epoch, from, outcome: 'gone', logStartOffset, snapshot: snapshots?.newest ?? null, voters: voting }
  }
  const end = rules.divergenceOf(request, log)
  return end === null ? null : { epoch, from, outcome: 'diverging', end }
}
