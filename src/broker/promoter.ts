import type { LeaderEpoch } from '../record/offset.ts'
import type { BrokerId } from '../replication/replica-id.ts'

/** What came of a promotion of one replica. */
export type PromotionOutcome =
  | { readonly code: 'leads'; readonly leaderEpoch: LeaderEpoch }
  /** Enough were asked; another one leads until the promoted one has all that it has, and then that one does. */
  | { readonly code: 'catches-up'; readonly leaderEpoch: LeaderEpoch }
  | {
      readonly code:
        | 'unknown-partition'
        | 'not-fixed'
        | 'no-replica'
        | 'broker-away'
        | 'too-few-answers'
        | 'superseded'
        | 'unavailable'
      readonly message: string
    }

export interface PromotedPartition {
  readonly topic: string
  readonly partition: number
  readonly outcome: PromotionOutcome
}

/** Has replicas take the place of primaries (`fixed` roles), as an operator wants it. */
export interface Promoter {
  /** Unclean: also where so few can be asked that acknowledged records may be lost; a receipt says so then. */
  promote(wanted: {
    readonly topic: string
    readonly partition: number
    readonly broker: BrokerId
    readonly unclean: boolean
  }): Promise<PromotionOutcome>
  /** Of every partition that is dealt to the group; null: there is no such group, or it has no such member. */
  promoteIn(wanted: {
    readonly group: string
    readonly broker: BrokerId
    readonly unclean: boolean
  }): Promise<readonly PromotedPartition[] | null>
}
