import type { PromotedPartition, Promoter } from '../../broker/promoter.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { promoteReplica } from '../schema/own/promote-replica.ts'

const errors = {
  'unknown-partition': kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION,
  'not-fixed': kafkaErrors.INVALID_REQUEST,
  'no-replica': kafkaErrors.INVALID_REPLICA_ASSIGNMENT,
  'broker-away': kafkaErrors.BROKER_NOT_AVAILABLE,
  // Asking again at once would only wait again: an operator decides.
  'too-few-answers': kafkaErrors.POLICY_VIOLATION,
  superseded: kafkaErrors.NEW_LEADER_ELECTED,
  unavailable: kafkaErrors.NOT_CONTROLLER,
} as const

/** Has backups take the place of primaries. Version 0 of Trilog's own API. */
export const promoteReplicaHandler = (promoter: Promoter) =>
  handler(promoteReplica, async ({ group, topic, partition, brokerId: broker, unclean }) => {
    const promoted =
      group === null
        ? [{ topic, partition, outcome: await promoter.promote({ topic, partition, broker, unclean }) }]
        : await promoter.promoteIn({ group, broker, unclean })
    if (promoted !== null) return { errorCode: kafkaErrors.NONE.code, partitions: promoted.map(answerOf) }
    const errorMessage = `there is no broker group '${group}' with a member ${broker}`
    return { errorCode: kafkaErrors.RESOURCE_NOT_FOUND.code, errorMessage, partitions: [] }
  })

function answerOf({ topic, partition, outcome }: PromotedPartition) {
  if ('message' in outcome) {
    return { topic, partition, errorCode: errors[outcome.code].code, errorMessage: outcome.message }
  }
  const { code, leaderEpoch } = outcome
  return { topic, partition, leaderEpoch, leads: code === 'leads', errorCode: kafkaErrors.NONE.code }
}
