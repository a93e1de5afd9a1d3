import type { LeaderEpoch, Offset } from '../record/offset.ts'
import { invariant } from '../runtime/invariant.ts'
import type { CommitPolicy, CommitRefusal, CommitView } from './commit/commit-policy.ts'
import { type BrokerId, isSameReplica, type ReplicaId } from './replica-id.ts'

export type LeaderEvent =
  /** The leader's own copy is stored up to here, as its flush rule wants it. */
  | { type: 'stored'; upTo: Offset }
  /**
   * A replica has fetched in this leader's epoch, from where its log is a beginning of the leader's: everything below
   * `from` is stored there.
   */
  | { type: 'fetched'; replica: ReplicaId; from: Offset }
  /** A replica cannot be reached: what it has next, its next fetch says. */
  | { type: 'departed'; broker: BrokerId }
  /** The image or the topic's configuration gave another commit rule or another set of replicas. */
  | { type: 'reconfigured'; commit: CommitPolicy; replicas: ReplicaSets }

export type LeaderEffect = { type: 'advance-high-watermark'; to: Offset }

export interface ReplicaSets {
  readonly replicas: readonly ReplicaId[]
  readonly inSync: readonly BrokerId[]
}

/**
 * The leader of a replication group in one epoch: who has how much, and so how far the high watermark is.
 * Sans-IO; a new epoch is a new object. The watermark never moves backwards.
 */
export class Leader {
  readonly epoch: LeaderEpoch
  readonly epochStart: Offset
  readonly #self: BrokerId
  readonly #stored = new Map<BrokerId, Offset>()
  #sets: ReplicaSets
  #commit: CommitPolicy
  #highWatermark: Offset

  constructor(start: {
    epoch: LeaderEpoch
    epochStart: Offset
    self: BrokerId
    sets: ReplicaSets
    commit: CommitPolicy
    highWatermark: Offset
  }) {
    this.epoch = start.epoch
    this.epochStart = start.epochStart
    this.#self = start.self
    this.#sets = start.sets
    this.#commit = start.commit
    this.#highWatermark = start.highWatermark
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
        // A replica that the group does not count, on an unknown folder for example, acknowledges nothing.
        if (!this.#sets.replicas.some((replica) => isSameReplica(replica, event.replica))) return []
        // Its latest fetch counts, not the highest: a replica may have lost what it had.
        this.#stored.set(event.replica.broker, event.from)
        return this.#advance()
      case 'departed':
        this.#stored.delete(event.broker)
        return []
      case 'reconfigured':
        this.#commit = event.commit
        this.#sets = event.replicas
        return this.#advance()
      default:
        return event satisfies never
    }
  }

  /** Asked before an append that wants acks=all. */
  admits(): CommitRefusal | null {
    return this.#commit.admits(this.#view())
  }

  #onStored(upTo: Offset): void {
    const before = this.#stored.get(this.#self) ?? 0
    invariant(upTo >= before, 'the leader lost a part of its own copy', { upTo, before, epoch: this.epoch })
    this.#stored.set(this.#self, upTo)
  }

  #advance(): LeaderEffect[] {
    const reached = this.#commit.committedUpTo(this.#view())
    // Never backwards: consumers may have read what lies below it.
    if (reached <= this.#highWatermark) return []
    this.#highWatermark = reached
    return [{ type: 'advance-high-watermark', to: reached }]
  }

  #view(): CommitView {
    return {
      copies: this.#sets.replicas.map(({ broker }) => ({ broker, storedUpTo: this.#stored.get(broker) ?? -1 })),
      inSync: this.#sets.inSync,
      maximalInSync: this.#sets.inSync,
      epoch: this.epoch,
      epochStart: this.epochStart,
    }
  }
}
