import type { Membership } from '../../broker/membership.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { changeReplica } from '../schema/own/change-replica.ts'

const errors = {
  'unknown-partition': kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION,
  'unknown-broker': kafkaErrors.BROKER_NOT_AVAILABLE,
  'not-possible': kafkaErrors.POLICY_VIOLATION,
  'no-leader': kafkaErrors.LEADER_NOT_AVAILABLE,
  unavailable: kafkaErrors.NOT_CONTROLLER,
} as const

/** Adds and removes replicas. Version 0 of Trilog's own API. */
export const changeReplicaHandler = (membership: Membership) =>
  handler(changeReplica, async ({ topic, partition, brokerId: broker, add }) => {
    const outcome = await membership.change({ topic, partition, broker, do: add ? 'add' : 'remove' })
    if ('message' in outcome) return { errorCode: errors[outcome.code].code, errorMessage: outcome.message }
    return { errorCode: kafkaErrors.NONE.code, changed: outcome.code === 'changed' }
  })
