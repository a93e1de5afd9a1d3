import type { BrokerEndpoint, CoordinatorLocator } from '../../consumer-group/coordinator-locator.ts'
import { partitionOf } from '../../consumer-group/partition-of.ts'
import { type KafkaError, kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { findCoordinator } from '../schema/find-coordinator.ts'

const groupType = 0
const transactionType = 1

const nowhere: BrokerEndpoint = { nodeId: -1, host: '', port: -1 }

/**
 * Finds the broker that coordinates a group. Versions 0 to 6: v1 has key types and error messages, v3 is flexible, v4
 * asks for several keys (KIP-699), v6 for share groups, which are refused.
 *
 * Transactions are not served yet, and this broker is named as their coordinator all the same: only the answer to
 * InitProducerId that it then gives makes clients fail at once, while an error here makes them look on for ever.
 */
export const findCoordinatorHandler = (locator: CoordinatorLocator) =>
  handler(findCoordinator, async (request, { version, listenerName }) => {
    const keys = version >= 4 ? request.coordinatorKeys : [request.key]
    const isReady = request.keyType === groupType ? await locator.ensure() : false
    const found = keys.map((key) => find(locator, { key, keyType: request.keyType, isReady, listenerName }))
    if (version >= 4) {
      return {
        coordinators: found.map(({ key, error, endpoint }) => {
          const errorMessage = error.code === kafkaErrors.NONE.code ? '' : error.message
          return { key, ...endpoint, errorCode: error.code, errorMessage }
        }),
      }
    }
    const [only] = found
    if (only === undefined) return { errorCode: kafkaErrors.INVALID_REQUEST.code, ...nowhere }
    const { error, endpoint } = only
    // What Kafka says when all is well.
    const errorMessage = error.code === kafkaErrors.NONE.code ? 'NONE' : error.message
    return { ...endpoint, errorCode: error.code, errorMessage }
  })

function find(
  locator: CoordinatorLocator,
  asked: { key: string; keyType: number; isReady: boolean; listenerName: string },
): { key: string; error: KafkaError; endpoint: BrokerEndpoint } {
  const { key, keyType, isReady, listenerName } = asked
  if (keyType === transactionType) return { key, error: kafkaErrors.NONE, endpoint: locator.self(listenerName) }
  if (keyType !== groupType) return { key, error: kafkaErrors.INVALID_REQUEST, endpoint: nowhere }
  const endpoint = isReady ? locator.brokerFor(partitionOf(key, locator.partitions), listenerName) : null
  if (endpoint === null) return { key, error: kafkaErrors.COORDINATOR_NOT_AVAILABLE, endpoint: nowhere }
  return { key, error: kafkaErrors.NONE, endpoint }
}
