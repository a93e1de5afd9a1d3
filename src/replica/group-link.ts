import type { FetchRequest } from '../replication/fetch.ts'
import type { InSyncProposal, JoinJudge } from '../replication/in-sync-set.ts'
import type { LeaderEpoch } from '../record/offset.ts'
import type { BrokerId, ReplicaId } from '../replication/replica-id.ts'
import type { Replica } from './replica.ts'

/** How a replica reaches the others of its group. */
export interface GroupLink {
  fetch(to: BrokerId, request: FetchRequest): void
  /** Whom it followed in epoch `followed` does not lead: what that one knows instead. */
  misled(told: { followed: LeaderEpoch; epoch: LeaderEpoch; leader: BrokerId | null }): void
  /** A suspect replica has followed its leader far enough to be counted again. */
  trusted(): void
  /** It turned out to be damaged: it is not to be counted any more. */
  suspected(): void
  /** Its disk has failed. */
  failed(): void
  /** Others vote from now on: a set was appended, or cut. */
  voters(voters: readonly ReplicaId[]): void
  /** A set without this replica is committed, which leads: it has nothing to lead any more. */
  removed(): void
}

/** Who decides on the in-sync set of a group whose leader only proposes it. */
export interface InSyncDecider extends JoinJudge {
  /** Ends with `configure` once it is decided, or with `proposalRefused`. */
  propose(replica: Replica, proposal: InSyncProposal): void
}
