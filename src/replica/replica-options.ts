import type { ReplicaReceipts } from '../receipt/cut-receipts.ts'
import type { ReplicaId } from '../replication/replica-id.ts'
import type { ReplicationRules } from '../replication/rules.ts'
import type { Scheme } from '../replication/schemes.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import type { GroupLink, InSyncDecider } from './group-link.ts'
import type { GroupSnapshots } from './group-snapshots.ts'
import type { Replica } from './replica.ts'

/** What a replica is opened with. */
export interface ReplicaOptions {
  readonly topic: string
  readonly partition: number
  readonly self: ReplicaId
  readonly scheme: Scheme
  /** Null: the group has no other replicas. */
  readonly link?: GroupLink | null
  /** Null: the group's in-sync set never changes. */
  readonly inSync?: InSyncDecider | null
  /** Null: what is below the log start is gone for good. */
  readonly snapshots?: GroupSnapshots | null
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
