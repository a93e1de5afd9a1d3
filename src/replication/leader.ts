import type { LeaderEpoch, Offset } from '../record/offset.ts'
import { invariant } from '../runtime/invariant.ts'
import type { CommitPolicy, CommitRefusal, CommitView, ReplicaCopy } from './commit/commit-policy.ts'
import { Degradation } from './commit/degradation.ts'
import {
  type FetchingReplica,
  type InSyncProposal,
  InSyncSet,
  type JoinJudge,
  type ReplicaSets,
} from './in-sync-set.ts'
import { type BrokerId, isSameReplica, type ReplicaId } from './replica-id.ts'

export type LeaderEvent =
  /** The leader's own copy is stored up to here, as its flush rule wants it. */
  | { type: 'stored'; upTo: Offset }
  /**
   * A replica has fetched in this leader's epoch, from where its log is a beginning of the leader's: everything below
   * `from` is stored there. `logEndOffset` is the leader's; times are of the monotonic clock.
   */
  | {
      type: 'fetched'
      replica: FetchingReplica
      from: Offset
      /** The follower's; 0 unless given. */
      logStartOffset?: Offset
      logEndOffset: Offset
      nowMs: number
    }
  /** A replica cannot be reached: what it has next, its next fetch says. */
  | { type: 'departed'; broker: BrokerId }
  /** From time to time: those that have lagged for longer than `lagMs` are to leave the in-sync set. */
  | { type: 'review'; lagMs: number; logEndOffset: Offset; nowMs: number }
  /** What was proposed on that state of the partition will never be in force. */
  | { type: 'proposal-refused'; partitionEpoch: number }
  /** The image or the topic's configuration gave another commit rule or other sets of replicas. */
  | { type: 'reconfigured'; commit: CommitPolicy; sets: ReplicaSets; nowMs: number }

export type LeaderEffect =
  | { type: 'advance-high-watermark'; to: Offset }
  /** Whoever keeps the image is to decide on this in-sync set. */
  | { type: 'propose-in-sync'; proposal: InSyncProposal }

interface FetchedCopy {
  readonly replica: FetchingReplica
  readonly storedUpTo: Offset
  readonly logStartOffset: Offset
  /** The group counts that replica, on that folder. */
  isCounted: boolean
}

/**
 * The leader of a replication group in one epoch: who has how much, and so how far the high watermark is.
 * Sans-IO; a new epoch is a new object. The watermark never moves backwards.
 */
export class Leader {
  readonly epoch: LeaderEpoch
  readonly epochStart: Offset
  readonly #self: BrokerId
  /** What the others have, and where their logs begin, by their latest fetches; null: nobody has fetched yet. */
  #fetched: Map<BrokerId, FetchedCopy> | null = null
  /** The leader's own copy; -1: not known yet. */
  #ownStoredUpTo: Offset = -1
  readonly #judge: JoinJudge | null
  /** Null: the group has no in-sync set that changes, or has had one replica only since this one leads. */
  #inSync: InSyncSet | null = null
  #sets: ReplicaSets
  #commit: CommitPolicy
  #highWatermark: Offset
  /** Null: it has not been looked at whether the leader is to go on alone, or may not. */
  #degradation: Degradation | null = null

  constructor(start: {
    epoch: LeaderEpoch
    epochStart: Offset
    self: BrokerId
    sets: ReplicaSets
    commit: CommitPolicy
    highWatermark: Offset
    nowMs: number
    /** Null: the group has no in-sync set that changes, all its replicas are voters. */
    inSync: JoinJudge | null
  }) {
    const { self, sets, nowMs } = start
    this.epoch = start.epoch
    this.epochStart = start.epochStart
    this.#self = self
    this.#sets = sets
    this.#commit = start.commit
    this.#highWatermark = start.highWatermark
    this.#judge = start.inSync
    this.#followInSync(sets, nowMs)
  }

  get highWatermark(): Offset {
    return this.#highWatermark
  }

  step(event: LeaderEvent): LeaderEffect[] {
    switch (event.type) {
      case 'stored':
        this.#onStored(event.upTo)
        return this.#advance()
      case 'fetched':
        return this.#onFetched(event)
      case 'departed':
        this.#fetched?.delete(event.broker)
        this.#inSync?.departed(event.broker)
        return []
      case 'review':
        return [...this.#lookAtBackups(event.nowMs), ...this.#reviewed(event)]
      case 'proposal-refused':
        this.#inSync?.refused(event.partitionEpoch)
        return this.#advance()
      case 'reconfigured':
        this.#commit = event.commit
        this.#sets = event.sets
        for (const copy of this.#fetched?.values() ?? []) copy.isCounted = this.counts(copy.replica)
        this.#followInSync(event.sets, event.nowMs)
        return [...this.#advance(), ...this.#proposed(this.#inSync?.join(this) ?? null)]
      default:
        return event satisfies never
    }
  }

  /** Everything below is on all of the group's replicas; 0 while one of them is away. */
  get replicatedUpTo(): Offset {
    let upTo = this.#ownStoredUpTo
    for (const { broker } of this.#sets.replicas) upTo = Math.min(upTo, this.#storedBy(broker))
    return Math.max(0, upTo)
  }

  /** Whether producers may write here at all. */
  get takesWrites(): boolean {
    return this.#commit.takesWrites(this.#self, this.#sets.replicas)
  }

  /** Whether it acknowledges alone what others were to have as well. */
  get isDegraded(): boolean {
    return this.#degradation?.isOn === true
  }

  /** Whether nobody else can lead by now, if these brokers have fetched in this epoch since. */
  provesLead(heard: ReadonlySet<BrokerId>): boolean {
    return this.#commit.provesLead(this.#view(), heard)
  }

  /** Whether it is one of the group's replicas, on the folder that the group knows. */
  counts(replica: ReplicaId): boolean {
    return this.#sets.replicas.some((each) => isSameReplica(each, replica))
  }

  /** Whether a broker's replica is in sync; null: the group has no in-sync set that changes. */
  isInSync(broker: BrokerId): boolean | null {
    return this.#inSync === null ? null : this.#sets.inSync.includes(broker)
  }

  /**
   * The others in sync that are in touch, have everything below `from` and reach down to it: what they have, consumers may be
   * sent for. After an unclean election a follower's log may begin higher than the leader's.
   */
  copiesFrom(from: Offset): readonly ReplicaCopy[] {
    return this.#view().copies.filter(({ broker, storedUpTo }) => {
      if (broker === this.#self || storedUpTo < from || (this.#fetched?.get(broker)?.logStartOffset ?? 0) > from)
        return false
      return this.#sets.inSync.includes(broker)
    })
  }

  /** Asked before an append that wants acks=all. */
  admits(): CommitRefusal | null {
    return this.#commit.admits(this.#view())
  }

  #onFetched(fetch: LeaderEvent & { type: 'fetched' }): LeaderEffect[] {
    const { replica, from, logStartOffset = 0, logEndOffset, nowMs } = fetch
    // A replica that the group does not count, on an unknown folder for example, acknowledges nothing. What it has is noted: once
    // it counts it has no reason to fetch again. Its latest fetch counts, not the highest: a replica may have lost what it had.
    this.#fetched ??= new Map()
    this.#fetched.set(replica.broker, { replica, storedUpTo: from, logStartOffset, isCounted: this.counts(replica) })
    const advanced = this.#advance()
    const { epochStart, highWatermark } = this
    const proposal = this.#inSync?.fetched(replica, from, { logEndOffset, highWatermark, epochStart, nowMs })
    return [...advanced, ...this.#proposed(proposal ?? null)]
  }

  #onStored(upTo: Offset): void {
    const before = this.#ownStoredUpTo
    invariant(upTo >= before, 'the leader lost a part of its own copy', { upTo, before, epoch: this.epoch })
    this.#ownStoredUpTo = upTo
  }

  /** A group of one has nobody who could join or leave: a set comes with the first other replica. */
  #followInSync(sets: ReplicaSets, nowMs: number): void {
    if (this.#inSync !== null) return this.#inSync.decided(sets, nowMs)
    const [self, judge] = [this.#self, this.#judge]
    if (judge === null || sets.replicas.length === 1) return
    this.#inSync = new InSyncSet({ self, sets, nowMs, mayJoin: (replica) => judge.mayJoin(replica) })
  }

  #reviewed(event: LeaderEvent & { type: 'review' }): LeaderEffect[] {
    return this.#proposed(this.#inSync?.review(event.lagMs, event) ?? this.#inSync?.join(this) ?? null)
  }

  /** Whether it is to go on alone from now on, or no more. */
  #lookAtBackups(nowMs: number): LeaderEffect[] {
    const { degradesAfterMs: afterMs } = this.#commit
    if (afterMs === undefined) return []
    const logEndOffset = this.#ownStoredUpTo
    this.#degradation ??= new Degradation({ logEndOffset, nowMs })
    const copiedUpTo = this.#commit.committedUpTo({ ...this.#view(), isDegraded: false })
    this.#degradation.look({ copiedUpTo, logEndOffset, nowMs, afterMs })
    return this.#advance()
  }

  #proposed(proposal: InSyncProposal | null): LeaderEffect[] {
    return proposal === null ? [] : [{ type: 'propose-in-sync', proposal }]
  }

  #advance(): LeaderEffect[] {
    const reached = this.#commit.committedUpTo(this.#view())
    // Never backwards: consumers may have read what lies below it.
    if (reached <= this.#highWatermark) return []
    this.#highWatermark = reached
    return [{ type: 'advance-high-watermark', to: reached }]
  }

  #storedBy(broker: BrokerId): Offset {
    if (broker === this.#self) return this.#ownStoredUpTo
    const copy = this.#fetched?.get(broker)
    return copy?.isCounted === true ? copy.storedUpTo : -1
  }

  #view(): CommitView {
    return {
      self: this.#self,
      copies: this.#sets.replicas.map(({ broker }) => ({ broker, storedUpTo: this.#storedBy(broker) })),
      inSync: this.#sets.inSync,
      maximalInSync: this.#inSync?.maximal ?? this.#sets.inSync,
      eligible: this.#sets.eligible,
      epoch: this.epoch,
      epochStart: this.epochStart,
      isDegraded: this.isDegraded,
    }
  }
}
