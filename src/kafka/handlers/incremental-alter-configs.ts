import type { Broker } from '../../broker/broker.ts'
import type { ConfigOperation } from '../../config/alter-config.ts'
import { alteredResponses } from '../altered-responses.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { incrementalAlterConfigs } from '../schema/incremental-alter-configs.ts'

const operations = ['set', 'delete', 'append', 'subtract'] as const

/** Changes single settings (KIP-339). Versions 0 and 1; v1 is flexible. */
export const incrementalAlterConfigsHandler = (broker: Broker) =>
  handler(incrementalAlterConfigs, async (request) => {
    const unknown = request.resources
      .flatMap(({ configs }) => configs)
      .find(({ configOperation }) => {
        return operations[configOperation] === undefined
      })
    if (unknown !== undefined) {
      const errorMessage = `there is no config operation ${unknown.configOperation}`
      return {
        responses: request.resources.map(({ resourceType, resourceName }) => {
          return { resourceType, resourceName, errorCode: kafkaErrors.INVALID_REQUEST.code, errorMessage }
        }),
      }
    }
    return {
      responses: await alteredResponses(broker, {
        resources: request.resources.map(({ resourceType, resourceName, configs }) => ({
          type: resourceType,
          name: resourceName,
          change: configs.map(({ name, configOperation, value }): ConfigOperation => {
            return { name, operation: operations[configOperation] ?? 'set', value }
          }),
        })),
        validateOnly: request.validateOnly,
      }),
    }
  })
