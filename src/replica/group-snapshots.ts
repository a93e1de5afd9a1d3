import type { BrokerId } from '../replication/replica-id.ts'
import type { SnapshotId } from '../replication/snapshot-id.ts'

/**
 * Where a group keeps what its log held below the log start: as snapshots of the state that its entries lead to. Each replica
 * takes its own, and its log begins where that lets it.
 */
export interface GroupSnapshots {
  /** The newest that is here; null: none, and the log has everything. */
  readonly newest: SnapshotId | null
  /** Has that snapshot here too, which another replica has. True: it is here, whole and durable. False: it cannot be had now. */
  fetch(from: BrokerId, id: SnapshotId): Promise<boolean>
}
