import type { BrokerId } from '../../replication/replica-id.ts'
import { withoutLiving } from '../partition-state.ts'
import type { Decision, DecisionContext } from './decision.ts'
import { changePartitionsOf } from './partition-changes.ts'

export interface FenceBroker {
  readonly brokerId: BrokerId
  /** Of the process that is meant: one that was started since is left alone. */
  readonly incarnation: string
}

/** A broker is out of touch, or about to stop: it leaves the in-sync sets, and what it led gets another leader. */
export function fenceBroker(context: DecisionContext, request: FenceBroker): Decision<{ readonly fenced: boolean }> {
  const { image } = context
  const { brokerId, incarnation } = request
  const broker = image.brokers.get(brokerId)
  if (broker === undefined || broker.fenced || broker.incarnation !== incarnation) {
    return { records: [], answer: { fenced: false } }
  }
  const isAlive = (each: BrokerId): boolean => each !== brokerId && image.isAlive(each)
  const changes = changePartitionsOf(context, brokerId, isAlive, (partition, rules) =>
    withoutLiving(partition, brokerId, rules),
  )
  return { records: [{ type: 'broker-change', brokerId, fenced: true }, ...changes], answer: { fenced: true } }
}
