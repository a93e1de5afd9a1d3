import type { Log } from '../log/log.ts'
import { operations } from '../metadata/controller/operations.ts'
import type { ReplayedBatch } from '../metadata/snapshot/snapshot-taker.ts'
import { type ReplicationRules, replicationRules } from '../replication/rules.ts'
import { writeUncleanLoss } from './unclean-receipts.ts'

/**
 * What a broker's promises rest on, by itself: simulation puts wrong ones in their place, each a mistake that real systems
 * have made, and has to find them.
 */
export interface BrokerRules {
  readonly replication: ReplicationRules
  /** What the controller decides. */
  readonly operations: typeof operations
  /** What a snapshot of the image is taken to hold, at the end of a batch that was replayed: that, and nothing of the log beyond. */
  readonly snapshotOf: (batch: ReplayedBatch, log: Log) => ReplayedBatch
  /** What is done before a replica leads that is not in sync. */
  readonly writeUncleanLoss: typeof writeUncleanLoss
}

export const brokerRules: BrokerRules = {
  replication: replicationRules,
  operations,
  snapshotOf: (batch) => batch,
  writeUncleanLoss,
}
