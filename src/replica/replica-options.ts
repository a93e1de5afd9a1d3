import type { ReplicaReceipts } from '../receipt/cut-receipts.ts'
import type { LeaderEpoch } from '../record/offset.ts'
import type { FetchRequest } from '../replication/fetch.ts'
import type { FetchingReplica, InSyncProposal } from '../replication/in-sync-set.ts'
import type { BrokerId, ReplicaId } from '../replication/replica-id.ts'
import type { ReplicationRules } from '../replication/rules.ts'
import type { Scheme } from '../replication/schemes.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
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
}

/** Who decides on the in-sync set of a group whose leader only proposes it. */
export interface InSyncDecider {
  /** Whether the replica would be taken in now: its broker is alive, and this process is the registered one. */
  mayJoin(replica: FetchingReplica): boolean
  /** Ends with `configure` once it is decided, or with `proposalRefused`. */
  propose(replica: Replica, proposal: InSyncProposal): void
}

export interface ReplicaOptions {
  readonly topic: string
  readonly partition: number
  readonly self: ReplicaId
  readonly scheme: Scheme
  /** Null: the group has no other replicas. */
  readonly link?: GroupLink | null
  /** Null: the group's in-sync set never changes. */
  readonly inSync?: InSyncDecider | null
  readonly rules?: ReplicationRules
  /** Where what it cuts is written down before; absent: nowhere. */
  readonly receipts?: ReplicaReceipts
  /** It may have lost what it has acknowledged. Default false. */
  readonly suspect?: boolean
  /** Called when its log turns out to be damaged while it is open. */
  readonly damaged?: (replica: Replica) => void
  /** Bytes of entries in one answer to a follower, but one batch at least. Default 1 MiB. */
  readonly answerBytesMax?: number
  readonly clock: Clock
  readonly logger: Logger
}
