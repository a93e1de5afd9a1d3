import type { BrokerId } from '../../replication/replica-id.ts'
import type { PartitionImage, TopicImage } from '../image.ts'
import type { PartitionState, StateRules } from '../partition-state.ts'
import type { MetadataRecord } from '../records.ts'
import type { DecisionContext } from './decision.ts'

/**
 * Changes the state of every partition that has a replica on the broker and a leader that the controller picks. Queues have none of their
 * own: that of their commit log changes.
 */
export function changePartitionsOf(
  { image, rulesOf }: DecisionContext,
  broker: BrokerId,
  isAlive: (broker: BrokerId) => boolean,
  change: (partition: PartitionImage, rules: StateRules, topic: TopicImage) => PartitionState,
): MetadataRecord[] {
  const records: MetadataRecord[] = []
  for (const topic of image.topics.values()) {
    const { elect, minInSyncReplicas } = rulesOf(topic.name)
    if (elect === 'self') continue
    for (const partition of topic.partitions) {
      if (partition.group !== null || !partition.replicas.includes(broker)) continue
      const state = change(partition, { elect, minInSyncReplicas, isAlive }, topic)
      if (state !== partition) records.push(partitionChange(topic.id, partition, state))
    }
  }
  return records
}

/** The record of a partition that has another state from now on. */
export function partitionChange(topicId: string, before: PartitionImage, state: PartitionState): MetadataRecord {
  const { inSync, eligible, leader, leaderEpoch, directories, replicas, moving } = state
  const moved = moving === before.moving ? {} : (moving ?? { adding: [], removing: [] })
  return {
    type: 'partition-change',
    topicId,
    partition: before.index,
    inSync: [...inSync],
    eligible: [...eligible],
    leader,
    leaderEpoch,
    directories: directories === before.directories ? null : [...directories],
    replicas: replicas === before.replicas ? null : [...replicas],
    ...moved,
  }
}
