import type { LeaderEpoch, Offset } from '../record/offset.ts'
import type { EpochEnd } from './divergence.ts'
import type { BrokerId, ReplicaId } from './replica-id.ts'
import type { SnapshotId } from './snapshot-id.ts'

/** A follower asks its leader for what comes next. It acknowledges everything below `from` in `epoch`. */
export interface FetchRequest {
  /** The leader's epoch that the follower is in. */
  readonly epoch: LeaderEpoch
  /** Its log end; all below is stored. */
  readonly from: Offset
  /** Epoch of the entry before `from`; -1: there is none. */
  readonly lastEpoch: LeaderEpoch
  /** It may have lost what it had, and does not vote yet: so its copy must not be counted either. */
  readonly suspect: boolean
  /** Where its own log begins: what is below it can serve to nobody. */
  readonly logStartOffset: Offset
}

/** What a leader, or who was taken for one, answers to the fetch from `from` in `epoch`. */
export type FetchAnswer<Entries = Uint8Array> = { readonly epoch: LeaderEpoch; readonly from: Offset } & (
  | FetchedEntries<Entries>
  | { readonly outcome: 'diverging'; readonly end: EpochEnd }
  /**
   * What comes next at `from` is not kept any more, or never was: the follower begins anew, with that snapshot where the group
   * has any, else where the leader's log does.
   */
  | {
      readonly outcome: 'gone'
      readonly logStartOffset: Offset
      readonly snapshot: SnapshotId | null
      /** Who voted where the leader's log begins; null: its voters are none of its log's. */
      readonly voters: readonly ReplicaId[] | null
    }
  | NotLeader
)

export interface FetchedEntries<Entries = Uint8Array> {
  readonly outcome: 'entries'
  readonly highWatermark: Offset
  /** Everything below is on all of the group's replicas. */
  readonly replicatedUpTo: Offset
  /** Below, the leader has compacted its log: what said that something is gone may have gone there. */
  readonly compactedUpTo: Offset
  /** Where the leader's log begins. */
  readonly logStartOffset: Offset
  /** Where the leader's log ends: a suspect is to reach what it was told first. */
  readonly logEndOffset: Offset
  /** Whole batches from `from` on; none: only the watermark has moved. */
  readonly entries: Entries
}

/** It does not lead in that epoch. It knows of `knownEpoch`, led by `leader` (null: nobody). */
export interface NotLeader {
  readonly outcome: 'not-leader'
  readonly knownEpoch: LeaderEpoch
  readonly leader: BrokerId | null
}
