import type { BrokerId } from '../../replication/replica-id.ts'
import { ledBy, type PartitionState, waitsForIt, withLeader, withoutCopy } from '../partition-state.ts'
import type { Decision, DecisionContext } from './decision.ts'
import { changePartitionsOf } from './partition-changes.ts'

export interface UnfenceBroker {
  readonly brokerId: BrokerId
  readonly incarnation: string
  /** Its partitions that may have lost what they had acknowledged: there it may not lead before it has caught up. */
  readonly suspects: readonly { readonly topicId: string; readonly partition: number }[]
}

/** A registered broker has opened its logs: it may lead what nobody leads, and be in sync again. */
export function unfenceBroker(context: DecisionContext, request: UnfenceBroker): Decision<{ readonly alive: boolean }> {
  const { image } = context
  const { brokerId, incarnation } = request
  const broker = image.brokers.get(brokerId)
  if (broker === undefined || broker.incarnation !== incarnation) return { records: [], answer: { alive: false } }
  if (!broker.fenced) return { records: [], answer: { alive: true } }
  const suspects = new Set(request.suspects.map(({ topicId, partition }) => `${topicId}:${partition}`))
  const isAlive = (each: BrokerId): boolean => each === brokerId || image.isAlive(each)
  const changes = changePartitionsOf(context, brokerId, isAlive, (partition, rules, topic) => {
    // It has started anew, and no leadership goes on across a start.
    if (waitsForIt(partition, brokerId)) return ledBy(partition, brokerId)
    if (rules.elect === 'fixed') return fixedLeader(partition, brokerId, suspects.has(`${topic.id}:${partition.index}`))
    const { inSync, eligible } = partition
    // The last one that may lead stays so, whatever it has lost: nobody else has more.
    const isLast = inSync.length === 0 && eligible.length === 1
    const isSuspect = suspects.has(`${topic.id}:${partition.index}`) && eligible.includes(brokerId) && !isLast
    const state = isSuspect ? withoutCopy(partition, brokerId, rules) : partition
    if (state.leader !== -1) return state
    const led = withLeader(state, rules)
    // A new epoch without a leader would say nothing new.
    return led.leader === -1 ? state : led
  })
  return { records: [{ type: 'broker-change', brokerId, fenced: false }, ...changes], answer: { alive: true } }
}

/** A primary leads again, unless it may have lost something (it asks its backups first), or its folder is another one. */
function fixedLeader(state: PartitionState, broker: BrokerId, isSuspect: boolean): PartitionState {
  // One that is promoted asks the others first.
  const isPrimary = state.replicas[0] === broker && state.leader === -1 && state.eligible.length === 0
  return isPrimary && !isSuspect && state.inSync.includes(broker) ? ledBy(state, broker) : state
}
