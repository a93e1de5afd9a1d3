import { operations } from '../metadata/controller/operations.ts'
import { type ReplicationRules, replicationRules } from '../replication/rules.ts'

/**
 * What a broker's promises rest on, by itself: simulation puts wrong ones in their place, each a mistake that real systems
 * have made, and has to find them.
 */
export interface BrokerRules {
  readonly replication: ReplicationRules
  /** What the controller decides. */
  readonly operations: typeof operations
}

export const brokerRules: BrokerRules = { replication: replicationRules, operations }
