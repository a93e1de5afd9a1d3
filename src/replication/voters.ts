import type { Offset } from '../record/offset.ts'
import { invariant } from '../runtime/invariant.ts'
import type { ReplicaSets } from './in-sync-set.ts'
import { type BrokerId, isSameReplica, type ReplicaId } from './replica-id.ts'

/** Who votes in a group that elects its leader itself, as an entry of its log says. */
export interface VoterSet {
  /** Of the entry; -1: as the group was made, or as an earlier log said. */
  readonly offset: Offset
  readonly voters: readonly ReplicaId[]
  /** Who is to be taken in once it has caught up; until then it follows and does not count. */
  readonly learner: ReplicaId | null
}

/**
 * The voter sets that a log tells of, oldest first. The newest is in force from when it is appended, committed or not: what is
 * committed under it cannot be undone by those who have only the one before (Raft thesis, section 4.1). A log that is cut goes back
 * to an earlier one.
 */
export class VoterHistory {
  #sets: readonly [VoterSet, ...VoterSet[]]

  constructor(sets: readonly [VoterSet, ...VoterSet[]]) {
    this.#sets = sets
  }

  get sets(): readonly [VoterSet, ...VoterSet[]] {
    return this.#sets
  }

  get latest(): VoterSet {
    return this.#sets.at(-1) as VoterSet
  }

  /** Whether the replica was in a set that may still be gone back to, below that watermark's, and is not in the newest. */
  isLeaving(replica: ReplicaId, highWatermark: Offset): boolean {
    const open = this.#sets.filter(
      (_set, at) => (this.#sets[at + 1]?.offset ?? Number.MAX_SAFE_INTEGER) >= highWatermark,
    )
    const isIn = ({ voters }: VoterSet): boolean => voters.some((voter) => isSameReplica(voter, replica))
    return open.some(isIn) && !isIn(this.latest)
  }

  /** In force for the entry at that offset. */
  at(offset: Offset): VoterSet {
    return this.#sets.findLast((set) => set.offset < offset) ?? this.#sets[0]
  }

  /** The log begins anew: what it will hold goes on from these voters. */
  restart(voters: readonly ReplicaId[]): void {
    this.#sets = [{ offset: -1, voters, learner: null }]
  }

  append(set: VoterSet): void {
    invariant(set.offset > this.latest.offset, 'a voter set stands before one that is known', {
      set,
      latest: this.latest,
    })
    this.#sets = [...this.#sets, set]
  }

  /** The log ends at `end` from now on. Whether a set was in what is gone. */
  truncateTo(end: Offset): boolean {
    const [first, ...others] = this.#sets
    const kept = others.filter(({ offset }) => offset < end)
    this.#sets = [first, ...kept]
    return kept.length < others.length
  }
}

/** All voters are in sync, as far as clients are concerned. */
export function setsOf({ voters }: VoterSet): ReplicaSets {
  return { replicas: voters, inSync: voters.map(({ broker }) => broker), eligible: [], partitionEpoch: 0 }
}

/** The set that counts, of those that the log has. */
export const votersInForce = (history: VoterHistory, _highWatermark: Offset): VoterSet => history.latest

/** What a leader knows when it is to change the voters. */
export interface VoterChangeView {
  readonly latest: VoterSet
  readonly highWatermark: Offset
  /** Log end offset at which its epoch began. */
  readonly epochStart: Offset
}

/**
 * Why the voters cannot be changed now; null: they can. One change at a time, since the majorities of sets that differ in more than one
 * need not meet; and only with an entry of the leader's own epoch committed, since a change of an earlier leader may else be
 * committed beside this one (the flaw found in Raft's first single-server change).
 */
export function voterChangeFault({ latest, highWatermark, epochStart }: VoterChangeView): string | null {
  if (highWatermark <= epochStart) return 'its leader has committed nothing in its epoch yet'
  if (latest.offset >= highWatermark) return 'another change of its voters is not committed yet'
  return null
}

/** A change that an operator wants. */
export interface WantedChange {
  readonly do: 'add' | 'remove'
  readonly replica: ReplicaId
}

/** The next set on the way to what is wanted, or why there is none. `null`: it is so already. */
export function nextFor(
  { do: what, replica }: WantedChange,
  latest: VoterSet,
): Omit<VoterSet, 'offset'> | string | null {
  const { voters, learner } = latest
  const isVoter = voters.some((voter) => isSameReplica(voter, replica))
  const isLearner = learner !== null && isSameReplica(learner, replica)
  if (what === 'add') {
    if (isVoter || isLearner) return null
    if (learner !== null) return `broker ${learner.broker} is being taken in already`
    if (voters.some(({ broker }) => broker === replica.broker)) return null
    return { voters, learner: replica }
  }
  if (isLearner) return { voters, learner: null }
  if (!isVoter) return null
  if (voters.length === 1) return 'it is the only voter'
  return { voters: voters.filter((voter) => !isSameReplica(voter, replica)), learner }
}

/** A follower as its leader sees it. */
export interface SeenFollower extends ReplicaId {
  /** In touch, not suspect, and with everything that was committed when it fetched last. */
  readonly hasAll: boolean
}

/**
 * What is due without anybody asking for it: a learner that has caught up is taken in, and a voter whose disk was replaced is put out for
 * the sake of its new one, which is then a learner. Two changes, as the majorities of before and after need not meet in one (KIP-853).
 */
export function dueChange(
  { voters, learner }: VoterSet,
  followers: readonly SeenFollower[],
  self: BrokerId,
): Omit<VoterSet, 'offset'> | null {
  if (learner !== null) {
    const isReady = followers.some((follower) => follower.hasAll && isSameReplica(follower, learner))
    return isReady ? { voters: [...voters, learner], learner: null } : null
  }
  for (const { broker, directory, hasAll } of followers) {
    const replaced = voters.find((voter) => voter.broker === broker && voter.directory !== directory)
    if (replaced === undefined || !hasAll || broker === self || voters.length === 1) continue
    return { voters: voters.filter((voter) => voter !== replaced), learner: { broker, directory } }
  }
  return null
}
