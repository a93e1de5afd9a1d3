import type { Broker } from '../../broker/broker.ts'
import type { ElectedPartition, PartitionName } from '../../metadata/controller/elect-leaders.ts'
import { refusedTopicErrors } from '../controller-errors.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { electLeaders } from '../schema/elect-leaders.ts'
import { unavailable, unlessUnavailable } from '../unless-unavailable.ts'

const errors = {
  ...refusedTopicErrors,
  'election-not-needed': kafkaErrors.ELECTION_NOT_NEEDED.code,
  'preferred-leader-not-available': kafkaErrors.PREFERRED_LEADER_NOT_AVAILABLE.code,
  'eligible-leaders-not-available': kafkaErrors.ELIGIBLE_LEADERS_NOT_AVAILABLE.code,
  'unknown-partition': kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code,
} as const

/** By Kafka's numbers. */
const electionTypes = { preferred: 0, unclean: 1 } as const

interface Result {
  readonly partitionId: number
  readonly errorCode: number
  readonly errorMessage: string | null
}

/**
 * Has partitions led by their preferred replicas. Versions 0 to 2: v0 knows no other type of election and no error of
 * the whole, v2 is flexible. Where replicas elect their leader themselves it is the leader that is asked to hand over. Asked for all partitions it answers for those only that were to have another leader.
 */
export const electLeadersHandler = (broker: Broker) =>
  handler(electLeaders, async (request, { version }) => {
    const partitions =
      request.topicPartitions?.flatMap(({ topic, partitions: indexes }) =>
        indexes.map((partition) => ({ topic, partition })),
      ) ?? null
    if (request.electionType !== electionTypes.preferred && request.electionType !== electionTypes.unclean) {
      const errorMessage = `${request.electionType} is no type of election`
      return refused(partitions ?? [], { errorCode: kafkaErrors.INVALID_REQUEST.code, errorMessage }, version)
    }
    const type = request.electionType === electionTypes.preferred ? 'preferred' : 'unclean'
    const elected = await unlessUnavailable(broker.elections.elect({ type, partitions }))
    if (elected === null) return refused(partitions ?? [], unavailable, version)
    return { errorCode: kafkaErrors.NONE.code, replicaElectionResults: byTopic(elected, resultOf) }
  })

function resultOf({ partition, outcome }: ElectedPartition): Result {
  const partitionId = partition
  if (outcome.code === 'elected') return { partitionId, errorCode: kafkaErrors.NONE.code, errorMessage: null }
  return { partitionId, errorCode: errors[outcome.code], errorMessage: outcome.message }
}

function refused(
  partitions: readonly PartitionName[],
  error: { readonly errorCode: number; readonly errorMessage: string },
  version: number,
) {
  const errorCode = version === 0 ? kafkaErrors.NONE.code : error.errorCode
  const results = byTopic(partitions, ({ partition }): Result => ({ partitionId: partition, ...error }))
  return { errorCode, replicaElectionResults: results }
}

/** The results of each topic, in the order of the request. */
function byTopic<T extends PartitionName>(partitions: readonly T[], resultFor: (partition: T) => Result) {
  const topics = new Map<string, Result[]>()
  for (const partition of partitions) {
    const results = topics.get(partition.topic)
    if (results === undefined) topics.set(partition.topic, [resultFor(partition)])
    else results.push(resultFor(partition))
  }
  return [...topics].map(([topic, partitionResult]) => ({ topic, partitionResult }))
}
