import type { Broker } from '../broker/broker.ts'
import type { AlterConfigs } from '../metadata/controller/alter-configs.ts'
import { kafkaErrors } from './errors.ts'
import { unavailable, unlessUnavailable } from './unless-unavailable.ts'

const errors = {
  altered: kafkaErrors.NONE.code,
  'invalid-config': kafkaErrors.INVALID_CONFIG.code,
  'invalid-topic': kafkaErrors.INVALID_TOPIC_EXCEPTION.code,
  'invalid-request': kafkaErrors.INVALID_REQUEST.code,
  'unknown-topic': kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code,
} as const

/** Changes settings, and says of each resource what became of it, in the shape that both AlterConfigs calls have. */
export async function alteredResponses(broker: Broker, request: AlterConfigs) {
  const answers = await unlessUnavailable(broker.coordinator.submit('alterConfigs', request))
  if (answers === null) {
    return request.resources.map(({ type, name }) => ({ resourceType: type, resourceName: name, ...unavailable }))
  }
  return answers.map(({ type, name, outcome }) => ({
    resourceType: type,
    resourceName: name,
    errorCode: errors[outcome.code],
    errorMessage: outcome.code === 'altered' ? null : outcome.message,
  }))
}
