import type { Offset } from '../record/offset.ts'
import { type FetchedPace, paceAfter } from './follower-pace.ts'
import { type BrokerId, isSameReplica, type ReplicaId } from './replica-id.ts'

/** A replica as it fetches: `incarnation` tells one process of its broker from the next. */
export interface FetchingReplica extends ReplicaId {
  readonly incarnation: string
}

/** The sets of a partition as the image has them. */
export interface ReplicaSets {
  readonly replicas: readonly ReplicaId[]
  readonly inSync: readonly BrokerId[]
  /** Not in sync, and may be elected all the same (KIP-966). */
  readonly eligible: readonly BrokerId[]
  /** Raised by every change in the image: what is proposed is held against it. */
  readonly partitionEpoch: number
}

/** Another in-sync set, to be decided by whoever keeps the image. */
export interface InSyncProposal {
  /** `incarnation` null: the member was in the set before. */
  readonly members: readonly { readonly broker: BrokerId; readonly incarnation: string | null }[]
  /** Of the state that it changes: if that has changed meanwhile, the proposal is refused. */
  readonly partitionEpoch: number
}

/** What a leader asks before it proposes that somebody joins. */
export interface JoinJudge {
  /** Whether whoever keeps the image would take it: its broker is alive, and this process is the registered one. */
  mayJoin(replica: FetchingReplica): boolean
}

/** What the leader knows of a follower's pace. */
interface Pace extends FetchedPace {
  /** As it fetched last; null: it has not, since this leader leads or its stream has closed. */
  replica: FetchingReplica | null
  readonly from: Offset
  caughtUpMs: number | null
}

interface LeaderEnds {
  readonly logEndOffset: Offset
  readonly highWatermark: Offset
  readonly epochStart: Offset
}

/**
 * The in-sync set of a partition, as its leader sees it: what the image has, and what this leader has proposed. Sans-IO.
 *
 * settled → proposed (somebody joins or falls behind) → settled (decided, or refused). While something is proposed
 * nobody knows whether it is in force: what is committed must be so under both sets (KIP-497).
 */
export class InSyncSet {
  readonly #self: BrokerId
  readonly #mayJoin: (replica: FetchingReplica) => boolean
  readonly #paces = new Map<BrokerId, Pace>()
  #sets: ReplicaSets
  #proposal: InSyncProposal | null = null

  constructor(start: {
    self: BrokerId
    sets: ReplicaSets
    nowMs: number
    mayJoin: (replica: FetchingReplica) => boolean
  }) {
    this.#self = start.self
    this.#sets = start.sets
    this.#mayJoin = start.mayJoin
    for (const broker of start.sets.inSync) this.#begin(broker, start.nowMs)
  }

  /** In force for sure. */
  get committed(): readonly BrokerId[] {
    return this.#sets.inSync
  }

  /** All that may be in force. */
  get maximal(): readonly BrokerId[] {
    if (this.#proposal === null) return this.#sets.inSync
    const proposed = this.#proposal.members.map(({ broker }) => broker)
    return [...this.#sets.inSync, ...proposed.filter((broker) => !this.#sets.inSync.includes(broker))]
  }

  /** A replica that counts has fetched. It is proposed once it has all that is committed, and all from before the epoch. */
  fetched(replica: FetchingReplica, from: Offset, leader: LeaderEnds & { nowMs: number }): InSyncProposal | null {
    if (this.#sets.replicas.some(({ broker }) => broker === replica.broker)) this.#keepPace(replica, from, leader)
    return this.join(leader)
  }

  /** A replica is out of reach: it joins only with what it fetches next. */
  departed(broker: BrokerId): void {
    const pace = this.#paces.get(broker)
    if (pace !== undefined) pace.replica = null
  }

  /** Proposes to take in one that is fit to join. */
  join(leader: Pick<LeaderEnds, 'highWatermark' | 'epochStart'>): InSyncProposal | null {
    if (this.#proposal !== null || this.#paces.size === this.#sets.inSync.length) return null
    for (const [broker, { replica, from }] of this.#paces) {
      if (replica === null || this.#sets.inSync.includes(broker)) continue
      if (from < leader.highWatermark || from < leader.epochStart || !this.#counts(replica)) continue
      const members = this.#sets.inSync.map((member) => ({ broker: member, incarnation: null }))
      return this.#propose([...members, { broker, incarnation: replica.incarnation }])
    }
    return null
  }

  /** Proposes to go on without those that have not had everything for more than `lagMs`. */
  review(lagMs: number, leader: { logEndOffset: Offset; nowMs: number }): InSyncProposal | null {
    // A fetch for which there is nothing waits, however long: its replica has had everything all that time, and does not lag
    // with the first record that comes then.
    for (const pace of this.#paces.values()) if (pace.from >= leader.logEndOffset) pace.caughtUpMs = leader.nowMs
    if (this.#proposal !== null) return null
    const kept = this.#sets.inSync.filter((broker) => broker === this.#self || !this.#lags(broker, lagMs, leader))
    if (kept.length === this.#sets.inSync.length) return null
    return this.#propose(kept.map((broker) => ({ broker, incarnation: null })))
  }

  /** The image has these sets now. */
  decided(sets: ReplicaSets, nowMs: number): void {
    const before = this.#sets.inSync
    this.#sets = sets
    for (const broker of sets.inSync)
      if (!before.includes(broker) && !this.#paces.has(broker)) this.#begin(broker, nowMs)
    for (const broker of [...this.#paces.keys()]) {
      if (!sets.replicas.some((replica) => replica.broker === broker)) this.#paces.delete(broker)
    }
    if (this.#proposal !== null && sets.partitionEpoch > this.#proposal.partitionEpoch) this.#proposal = null
  }

  /** What was proposed on that state is refused, and will never be in force. */
  refused(partitionEpoch: number): void {
    if (this.#proposal?.partitionEpoch === partitionEpoch) this.#proposal = null
  }

  /** It may be a copy that the group has given up since it fetched. */
  #counts(replica: FetchingReplica): boolean {
    return this.#sets.replicas.some((each) => isSameReplica(each, replica)) && this.#mayJoin(replica)
  }

  #propose(members: InSyncProposal['members']): InSyncProposal {
    this.#proposal = { members, partitionEpoch: this.#sets.partitionEpoch }
    return this.#proposal
  }

  #begin(broker: BrokerId, nowMs: number): void {
    const leaderEnd = Number.MAX_SAFE_INTEGER
    this.#paces.set(broker, { replica: null, caughtUpMs: nowMs, fetchedMs: nowMs, leaderEnd, from: -1 })
  }

  #keepPace(replica: FetchingReplica, from: Offset, leader: { logEndOffset: Offset; nowMs: number }): void {
    const { logEndOffset: leaderEnd, nowMs } = leader
    const pace = paceAfter(this.#paces.get(replica.broker), from, { leaderEnd, nowMs })
    this.#paces.set(replica.broker, { replica, from, ...pace })
  }

  #lags(broker: BrokerId, lagMs: number, leader: { logEndOffset: Offset; nowMs: number }): boolean {
    const pace = this.#paces.get(broker)
    if (pace === undefined) return true
    const { from, caughtUpMs } = pace
    return from < leader.logEndOffset && (caughtUpMs === null || leader.nowMs - caughtUpMs > lagMs)
  }
}
