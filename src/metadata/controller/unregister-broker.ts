import type { BrokerId } from '../../replication/replica-id.ts'
import type { Decision, DecisionContext, Refused } from './decision.ts'

/** Takes a broker that is gone for good off the list. One that is alive, or that partitions still count on, stays. */
export function unregisterBroker(
  { image }: DecisionContext,
  { brokerId }: { readonly brokerId: BrokerId },
): Decision<{ readonly code: 'unregistered' } | Refused<'unknown-broker' | 'broker-in-use'>> {
  if (!image.brokers.has(brokerId)) {
    return { records: [], answer: { code: 'unknown-broker', message: `broker ${brokerId} is not registered` } }
  }
  const used = [...image.topics.values()].find(({ partitions }) =>
    partitions.some(({ replicas }) => replicas.includes(brokerId)),
  )
  const group = [...image.brokerGroups.values()].find(({ members }) => members.includes(brokerId))
  if (image.isAlive(brokerId) || used !== undefined || group !== undefined) {
    const inGroup = group === undefined ? 'is alive' : `is a member of broker group '${group.name}'`
    const why = used === undefined ? inGroup : `has replicas, of topic '${used.name}' for one`
    return { records: [], answer: { code: 'broker-in-use', message: `broker ${brokerId} ${why}` } }
  }
  return { records: [{ type: 'unregister-broker', brokerId }], answer: { code: 'unregistered' } }
}
