import type { BrokerId } from '../replication/replica-id.ts'

/** What came of a change of a partition's replicas. */
export type MembershipOutcome =
  | { readonly code: 'changed' | 'already' }
  | {
      readonly code: 'unknown-partition' | 'unknown-broker' | 'not-possible' | 'no-leader' | 'unavailable'
      readonly message: string
    }

/** Has a partition get one replica more, or one less. */
export interface Membership {
  /** An added replica follows first, and counts once it has caught up. */
  change(wanted: {
    readonly topic: string
    readonly partition: number
    readonly do: 'add' | 'remove'
    readonly broker: BrokerId
  }): Promise<MembershipOutcome>
}
