import type { Broker } from '../../broker/broker.ts'
import type { ReassignmentOutcome } from '../../metadata/controller/alter-reassignments.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { alterPartitionReassignments } from '../schema/alter-partition-reassignments.ts'
import { unavailable, unlessUnavailable } from '../unless-unavailable.ts'

const errors = {
  reassigned: kafkaErrors.NONE.code,
  'unknown-partition': kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code,
  'invalid-assignment': kafkaErrors.INVALID_REPLICA_ASSIGNMENT.code,
  'invalid-replication-factor': kafkaErrors.INVALID_REPLICATION_FACTOR.code,
  'no-reassignment': kafkaErrors.NO_REASSIGNMENT_IN_PROGRESS.code,
  // Kafka has one scheme only, whose replicas all move like this.
  'not-possible': kafkaErrors.POLICY_VIOLATION.code,
} as const satisfies Record<ReassignmentOutcome['code'], number>

/**
 * Moves replicas of `isr` topics. Versions 0 and 1: v1 may ask that there be as many as before (KIP-860). Answered once it is written down
 * that they are to move; ListPartitionReassignments tells how far that is.
 */
export const alterPartitionReassignmentsHandler = (broker: Broker) =>
  handler(alterPartitionReassignments, async ({ topics, allowReplicationFactorChange: mayResize }) => {
    const partitions = topics.flatMap(({ name: topic, partitions: asked }) =>
      asked.map(({ partitionIndex: partition, replicas }) => ({ topic, partition, replicas })),
    )
    const answer = await unlessUnavailable(broker.coordinator.submit('alterReassignments', { partitions, mayResize }))
    if (answer === null) return { ...unavailable, allowReplicationFactorChange: mayResize, responses: [] }
    const outcomes = answer.values()
    const responses = topics.map(({ name, partitions: asked }) => ({
      name,
      partitions: asked.map(({ partitionIndex }) => {
        const outcome = outcomes.next().value?.outcome as ReassignmentOutcome
        const errorMessage = 'message' in outcome ? outcome.message : null
        return { partitionIndex, errorCode: errors[outcome.code], errorMessage }
      }),
    }))
    const whole = { errorCode: kafkaErrors.NONE.code, errorMessage: null }
    return { ...whole, allowReplicationFactorChange: mayResize, responses }
  })
