import { type ReceiptRules, receiptRules } from '../receipt/receipt-rules.ts'
import type { LeaderEpoch } from '../record/offset.ts'
import { cutFor, divergenceOf } from './divergence.ts'
import { hasAll } from './elect/hand-over.ts'
import { isUpToDate } from './log-position.ts'
import { voterChangeFault, votersInForce } from './voters.ts'

/**
 * The rules on which no loss and one order rest, by themselves: the simulation puts wrong ones in their place, each a
 * mistake that real systems have made, and has to find them.
 */
export interface ReplicationRules {
  readonly divergenceOf: typeof divergenceOf
  readonly cutFor: typeof cutFor
  readonly isUpToDate: typeof isUpToDate
  readonly votersInForce: typeof votersInForce
  readonly voterChangeFault: typeof voterChangeFault
  readonly hasAll: typeof hasAll
  /** Whether who is told to stand does, with its own log and that of who told it. */
  readonly mayStand: typeof isUpToDate
  /** Whether a leader that hands over takes writes meanwhile. */
  readonly writesWhileHandingOver: boolean
  readonly receipts: ReceiptRules
  /** Whether one that is in epoch `own` follows nobody before epoch `asked` any more. */
  readonly hasPromised: (own: LeaderEpoch, asked: LeaderEpoch) => boolean
}

export const replicationRules: ReplicationRules = {
  divergenceOf,
  cutFor,
  isUpToDate,
  votersInForce,
  voterChangeFault,
  hasAll,
  mayStand: isUpToDate,
  writesWhileHandingOver: false,
  receipts: receiptRules,
  hasPromised: (own, asked) => own >= asked,
}
