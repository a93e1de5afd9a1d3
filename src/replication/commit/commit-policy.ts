import type { LeaderEpoch, Offset } from '../../record/offset.ts'
import type { BrokerId } from '../replica-id.ts'

/** What the leader knows of one replica's copy, its own included. */
export interface ReplicaCopy {
  readonly broker: BrokerId
  /** Everything below is on this replica, stored as the flush rule wants it. Unknown: -1. */
  readonly storedUpTo: Offset
}

/** What a commit policy decides from. */
export interface CommitView {
  /** The leader. */
  readonly self: BrokerId
  /** In the order of the replicas, its own included. */
  readonly copies: readonly ReplicaCopy[]
  /** The in-sync set as committed in the image; `isr` only, otherwise all replicas. */
  readonly inSync: readonly BrokerId[]
  /** Committed and proposed members together: the largest set that may be in force (KIP-497). */
  readonly maximalInSync: readonly BrokerId[]
  /** Left the in-sync set and may be elected all the same; `isr` only. */
  readonly eligible: readonly BrokerId[]
  readonly epoch: LeaderEpoch
  /** Log end offset at which the leader's epoch began. */
  readonly epochStart: Offset
  /** The leader goes on without those that were to have a record as well; `primary-backup` only. */
  readonly isDegraded?: boolean
}

/** Why a produce that wants every promise is refused before anything is appended. */
export type CommitRefusal = { code: 'not-enough-replicas'; inSync: number; required: number }

/** The commit rule of a scheme: pure functions of the view. */
export interface CommitPolicy {
  readonly name: 'isr' | 'majority' | 'primary-backup'
  /** Everything below the answer is committed, or -1 where nothing can be said. The caller never moves backwards. */
  committedUpTo(view: CommitView): Offset
  /** Asked before an append with acks=all. */
  admits(view: CommitView): CommitRefusal | null
  /** Whether nobody else can lead by now, if these followers have fetched in this epoch since. */
  provesLead(view: CommitView, heard: ReadonlySet<BrokerId>): boolean
  /** Whether a leader takes records of producers at all; asked before every append. `replicas` in their order. */
  takesWrites(leader: BrokerId, replicas: readonly { readonly broker: BrokerId }[]): boolean
  /** Whether a new leader opens its epoch with a control batch, because its elections compare logs. */
  readonly opensEpoch: boolean
  /** The leader goes on alone when others have not had for so many ms what they are to have; absent: it waits. */
  readonly degradesAfterMs?: number
}
