import type { Broker } from '../../broker/broker.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { unregisterBroker } from '../schema/unregister-broker.ts'
import { unavailable, unlessUnavailable } from '../unless-unavailable.ts'

const errors = {
  'unknown-broker': kafkaErrors.BROKER_ID_NOT_REGISTERED,
  // Kafka takes it off the list all the same, and the partitions go on naming it.
  'broker-in-use': kafkaErrors.POLICY_VIOLATION,
} as const

/** Takes a broker off the list that is gone for good, and that no partition counts on. Version 0. */
export const unregisterBrokerHandler = (broker: Broker) =>
  handler(unregisterBroker, async ({ brokerId }) => {
    const answer = await unlessUnavailable(broker.coordinator.submit('unregisterBroker', { brokerId }))
    if (answer === null) return unavailable
    if (answer.code === 'unregistered') return { errorCode: kafkaErrors.NONE.code, errorMessage: '' }
    return { errorCode: errors[answer.code].code, errorMessage: answer.message }
  })
