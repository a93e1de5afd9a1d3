import type { BrokerId } from '../../replication/replica-id.ts'
import { uncleanlyLedBy } from '../partition-state.ts'
import type { Decision, DecisionContext } from './decision.ts'
import { partitionChange } from './partition-changes.ts'

/** A replica that is not in sync is to lead a partition that nobody leads, on the state in which the replicas were asked for their ends. */
export interface ElectUnclean {
  readonly topicId: string
  readonly partition: number
  readonly partitionEpoch: number
  readonly leader: BrokerId
}

/**
 * The replica leads in a new epoch, and is the in-sync set alone: what it lacks is lost, also where others come back that had it.
 * Whoever asks has compared the logs, and has had the loss written down.
 */
export function electUnclean(
  { image, rulesOf }: DecisionContext,
  { topicId, partition: index, partitionEpoch, leader }: ElectUnclean,
): Decision<{ readonly elected: boolean }> {
  const topic = image.topicById(topicId)
  const partition = topic?.partitions[index]
  const isPossible =
    topic !== null &&
    partition !== undefined &&
    rulesOf(topic.name).elect === 'coordinator' &&
    partition.leader === -1 &&
    partition.partitionEpoch === partitionEpoch &&
    partition.replicas.includes(leader) &&
    image.isAlive(leader)
  if (!isPossible) return { records: [], answer: { elected: false } }
  return {
    records: [partitionChange(topicId, partition, uncleanlyLedBy(partition, leader))],
    answer: { elected: true },
  }
}
