import { electFromInSync } from '../../replication/elect/coordinator.ts'
import type { BrokerId } from '../../replication/replica-id.ts'
import type { MetadataRecord } from '../records.ts'
import type { Decision, DecisionContext } from './decision.ts'

export interface RegisterBroker {
  readonly brokerId: BrokerId
  readonly directoryId: string
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/**
 * A broker has started. A start ends leadership: each partition that it led, or that nobody could lead without it, gets a
 * leader in a new epoch; no replica goes on in an epoch that it led before.
 */
export function registerBroker({ image }: DecisionContext, request: RegisterBroker): Decision<void> {
  const records: MetadataRecord[] = [{ type: 'register-broker', ...request }]
  const alive = (broker: BrokerId): boolean => broker === request.brokerId || image.brokers.has(broker)
  for (const topic of image.topics.values()) {
    for (const partition of topic.partitions) {
      const concerned = partition.leader === request.brokerId || partition.leader === -1
      if (!concerned || !partition.replicas.includes(request.brokerId)) continue
      const { inSync, eligible } = partition
      const leader = electFromInSync({ replicas: partition.replicas, inSync, eligible, alive })
      records.push({
        type: 'partition-change',
        topicId: topic.id,
        partition: partition.index,
        inSync: [...inSync],
        eligible: [...eligible],
        leader: leader ?? -1,
        leaderEpoch: partition.leaderEpoch + 1,
      })
    }
  }
  return { records, answer: undefined }
}
