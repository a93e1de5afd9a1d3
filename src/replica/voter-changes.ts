import { DiskFault } from '../runtime/disk.ts'
import { isSameReplica } from '../replication/replica-id.ts'
import { dueChange, nextFor, type SeenFollower, type VoterSet, type WantedChange } from '../replication/voters.ts'
import type { AppendRefusal } from './refusal.ts'
import type { Replica } from './replica.ts'

/** A follower that has not fetched for so long is not in touch. */
const inTouchMs = 1_000

/** What came of a change: committed, so already, or why not. An addition is committed as that of a learner. */
export type VoterChangeOutcome =
  | { readonly code: 'changed' | 'already' }
  | { readonly code: 'refused'; readonly message: string }
  | AppendRefusal

/** Called from time to time on a replica that leads: takes in learners that have caught up, and the new disks of voters. */
export function reviewVoters(replica: Replica, nowMs: number): void {
  const latest = replica.latestVoters
  // Mostly there is nothing to look for, of any of thousands.
  if (latest === null || (latest.learner === null && !replica.hasStrangers)) return
  if (replica.mayChangeVoters() !== null) return
  const followers = seenBy(replica, nowMs)
  const due = dueChange(latest, followers, replica.self.broker)
  if (due === null || !isCarried(due, replica, followers)) return
  // What becomes of it the next review sees.
  void changeVoters(replica, latest, due)
}

/** Has a voter be added or removed, on the replica that leads. */
export async function wantVoters(replica: Replica, wanted: WantedChange, nowMs: number): Promise<VoterChangeOutcome> {
  // Of a change that is under way the end is waited for.
  if (replica.leads && replica.mayChangeVoters() !== null) {
    const refusal = await replica.whenCommitted(replica.log.logEndOffset)
    if (refusal !== null) return refusal
  }
  const latest = replica.latestVoters
  const fault = replica.mayChangeVoters()
  if (latest === null || fault !== null)
    return { code: 'refused', message: fault ?? 'its voters are none of its log’s' }
  const next = nextFor(wanted, latest)
  if (typeof next === 'string') return { code: 'refused', message: next }
  if (next === null) return { code: 'already' }
  if (!isCarried(next, replica, seenBy(replica, nowMs))) {
    return { code: 'refused', message: 'too few of those that would vote then are in touch and have everything' }
  }
  return (await changeVoters(replica, latest, next)) ?? { code: 'changed' }
}

/** Resolves once the set is committed, or with why it is not. */
async function changeVoters(
  replica: Replica,
  latest: VoterSet,
  set: Omit<VoterSet, 'offset'>,
): Promise<AppendRefusal | null> {
  const { epoch, log } = replica
  try {
    // Where a start has to look for it is on the disk before it is in the log.
    await replica.voterLog?.begin(log.logEndOffset)
  } catch (error) {
    if (error instanceof DiskFault) return { code: 'storage-error' }
    throw error
  }
  const end = replica.appendVoters(epoch, latest, set)
  return typeof end === 'number' ? replica.whenCommitted(end) : end
}

/** Whether a majority of the set has everything: a set that is in force and cannot commit would stop the group. */
function isCarried(
  { voters }: Omit<VoterSet, 'offset'>,
  { self }: Replica,
  followers: readonly SeenFollower[],
): boolean {
  const having = voters.filter((voter) => {
    return isSameReplica(voter, self) || followers.some((one) => one.hasAll && isSameReplica(one, voter))
  })
  return having.length * 2 > voters.length
}

function seenBy(replica: Replica, nowMs: number): SeenFollower[] {
  const { highWatermark } = replica
  return replica.followers().map(({ broker, directory, logEndOffset, fetchedMs, isSuspect }) => {
    const hasAll = !isSuspect && logEndOffset >= highWatermark && nowMs - fetchedMs < inTouchMs
    return { broker, directory, hasAll }
  })
}
