import type { Log } from '../log/log.ts'
import type { FetchRequest } from '../replication/fetch.ts'
import type { FetchingReplica } from '../replication/in-sync-set.ts'
import type { Leader } from '../replication/leader.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { Clock } from '../runtime/clock.ts'
import { type FollowerState, FollowerStates } from './follower-states.ts'
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
  }) {
    this.leader = parts.leader
    this.#log = parts.log
    this.#clock = parts.clock
    this.#bytesMax = parts.bytesMax
    this.#notesFollowers = parts.notesFollowers
  }

  /** Parks a fetch from where the follower's log is a beginning of this one's. */
  fetched(replica: FetchingReplica, request: FetchRequest, answer: AnswerFetch): void {
    if (this.leader.counts(replica)) this.#proofs?.fetched(replica.broker)
    this.#parked ??= this.#newParked()
    this.#parked.add(replica, request, answer)
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
    })
  }
}
