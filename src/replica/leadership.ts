import type { Log } from '../log/log.ts'
import type { FetchAnswer, FetchRequest } from '../replication/fetch.ts'
import type { FetchingReplica } from '../replication/in-sync-set.ts'
import type { Leader } from '../replication/leader.ts'
import type { Offset } from '../record/offset.ts'
import type { BrokerId, ReplicaId } from '../replication/replica-id.ts'
import type { Clock } from '../runtime/clock.ts'
import type { CatchUpThrottle } from './catch-up-throttle.ts'
import { type FollowerState, FollowerStates } from './follower-states.ts'
import type { GroupSnapshots } from './group-snapshots.ts'
import { LeadershipProofs } from './leadership-proofs.ts'
import { OffsetWaits } from './offset-waits.ts'
import { type AnswerFetch, ParkedFetches } from './parked-fetches.ts'
import type { AppendRefusal } from './refusal.ts'

/**
 * What a replica has while it leads: the core, those who wait for a commit, and the followers' fetches. What only other
 * replicas need comes with the first of them: thousands of partitions have none, or none that asks.
 */
export class Leadership {
  readonly leader: Leader
  readonly committed = new OffsetWaits<AppendRefusal>()
  readonly #log: Log
  readonly #clock: Clock
  readonly #bytesMax: number
  readonly #notesFollowers: boolean
  readonly #votersAt: (offset: Offset) => readonly ReplicaId[] | null
  readonly #snapshots: GroupSnapshots | null
  readonly #throttle: () => CatchUpThrottle | null
  #proofs: LeadershipProofs<AppendRefusal> | null = null
  #parked: ParkedFetches | null = null

  constructor(parts: {
    leader: Leader
    log: Log
    clock: Clock
    /** Of entries in one answer to a follower. */
    bytesMax: number
    /** Whether somebody asks how far followers are. */
    notesFollowers: boolean
    /** Who votes where the log is at that offset; null: that does not stand in the log. */
    votersAt: (offset: Offset) => readonly ReplicaId[] | null
    /** Null: what is below the log start is gone. */
    snapshots: GroupSnapshots | null
    /** What holds back answers to followers that are far behind, at the moment. */
    throttle: () => CatchUpThrottle | null
  }) {
    this.leader = parts.leader
    this.#log = parts.log
    this.#clock = parts.clock
    this.#bytesMax = parts.bytesMax
    this.#notesFollowers = parts.notesFollowers
    this.#votersAt = parts.votersAt
    this.#snapshots = parts.snapshots
    this.#throttle = parts.throttle
  }

  /** Parks a fetch from where the follower's log is a beginning of this one's. */
  fetched(replica: FetchingReplica, request: FetchRequest, answer: AnswerFetch): void {
    if (this.leader.counts(replica)) this.#proofs?.fetched(replica.broker)
    this.#parked ??= this.#newParked()
    this.#parked.add(replica, request, answer)
  }

  /** What whoever asks for what is not kept is told: where to begin anew. */
  gone({ epoch, from }: FetchRequest): FetchAnswer<never> {
    const { logStartOffset } = this.#log
    const [voters, snapshot] = [this.#votersAt(logStartOffset), this.#snapshots?.newest ?? null]
    return { epoch, from, outcome: 'gone', logStartOffset, snapshot, voters }
  }

  /** See `LeadershipProofs.begin`. */
  prove(settle: (refusal: AppendRefusal | null) => void): void {
    this.#proofsMade().begin(settle)
    this.wake()
  }

  /** Who has to be heard for a proof may have changed. */
  reconfigured(): void {
    this.#proofs?.changed()
  }

  wake(): void {
    this.#parked?.wake()
  }

  forget(broker: BrokerId): void {
    this.#parked?.forget(broker)
  }

  followers(): FollowerState[] {
    return this.#parked?.followers() ?? []
  }

  /** It is over: whoever waits is told. */
  end(told: { denies: Parameters<ParkedFetches['end']>[0]; refusal: AppendRefusal }): void {
    this.#parked?.end(told.denies)
    this.committed.refuseAll(told.refusal)
    this.#proofs?.refuseAll(told.refusal)
  }

  #proofsMade(): LeadershipProofs<AppendRefusal> {
    this.#proofs ??= new LeadershipProofs((heard) => this.leader.provesLead(heard))
    return this.#proofs
  }

  #newParked(): ParkedFetches {
    const followers = this.#notesFollowers ? new FollowerStates() : null
    return new ParkedFetches({
      log: this.#log,
      clock: this.#clock,
      bytesMax: this.#bytesMax,
      leader: this.leader,
      proofs: this.#proofsMade(),
      followers,
      gone: (request) => this.gone(request),
      throttle: this.#throttle,
    })
  }
}
