import type { FetchRequest } from '../replication/fetch.ts'
import type { FetchingReplica } from '../replication/in-sync-set.ts'
import type { Leader } from '../replication/leader.ts'
import type { Offset } from '../record/offset.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { FollowerState } from './follower-states.ts'
import { LeadershipProofs } from './leadership-proofs.ts'
import { OffsetWaits } from './offset-waits.ts'
import type { AnswerFetch, AwaitedAnswers, ParkedFetches } from './parked-fetches.ts'
import type { AppendRefusal } from './refusal.ts'

/** Whose leadership it is: it knows what is to be told to those who fetch. */
export interface FetchesHome {
  /** Where fetches of followers wait. Asked for once. */
  parkedFetches(leader: Leader, proofs: AwaitedAnswers): ParkedFetches
}

/**
 * What a replica has while it leads: the core, those who wait for a commit, and the followers' fetches. What only some
 * need comes with the first who does: of thousands of partitions most have no other replicas, or nobody waits there.
 */
export class Leadership {
  readonly leader: Leader
  readonly #home: FetchesHome
  #committed: OffsetWaits<AppendRefusal> | null = null
  #proofs: LeadershipProofs<AppendRefusal> | null = null
  #parked: ParkedFetches | null = null

  constructor(leader: Leader, home: FetchesHome) {
    this.leader = leader
    this.#home = home
  }

  /** `settle(null)` once everything below `upTo` is committed, `settle(refusal)` when that will not be said. */
  whenCommitted(upTo: Offset, settle: (refusal: AppendRefusal | null) => void): void {
    this.#committed ??= new OffsetWaits()
    this.#committed.add(upTo, settle)
  }

  /** The high watermark has moved. */
  advanced(to: Offset): void {
    this.#committed?.advance(to)
  }

  /** Parks a fetch from where the follower's log is a beginning of this one's. */
  fetched(replica: FetchingReplica, request: FetchRequest, answer: AnswerFetch): void {
    if (this.leader.counts(replica)) this.#proofs?.fetched(replica.broker)
    this.#parked ??= this.#home.parkedFetches(this.leader, this.#proofsMade())
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

  /** Whoever waits for a commit is told that nobody will say so. */
  refuseAll(refusal: AppendRefusal): void {
    this.#committed?.refuseAll(refusal)
  }

  /** It is over: whoever waits is told. */
  end(told: { denies: Parameters<ParkedFetches['end']>[0]; refusal: AppendRefusal }): void {
    this.#parked?.end(told.denies)
    this.refuseAll(told.refusal)
    this.#proofs?.refuseAll(told.refusal)
  }

  #proofsMade(): LeadershipProofs<AppendRefusal> {
    this.#proofs ??= new LeadershipProofs((heard) => this.leader.provesLead(heard))
    return this.#proofs
  }
}
