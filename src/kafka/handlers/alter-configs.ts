import type { Broker } from '../../broker/broker.ts'
import { alteredResponses } from '../altered-responses.ts'
import { handler } from '../handler.ts'
import { alterConfigs } from '../schema/alter-configs.ts'

/** Sets all settings of a resource at once: what is not given is taken back. Versions 0 to 2; v2 is flexible. */
export const alterConfigsHandler = (broker: Broker) =>
  handler(alterConfigs, async (request) => ({
    responses: await alteredResponses(broker, {
      resources: request.resources.map(({ resourceType, resourceName, configs }) => ({
        type: resourceType,
        name: resourceName,
        change: new Map(configs.map(({ name, value }) => [name, value])),
      })),
      validateOnly: request.validateOnly,
    }),
  }))
