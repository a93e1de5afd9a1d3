import type { Broker } from '../../broker/broker.ts'
import { resourceTypes } from '../../metadata/image.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { listConfigResources } from '../schema/list-config-resources.ts'

const clientMetrics = 16
const brokerLogger = 8
const group = 32

/** What has settings. Versions 0 and 1: v0 asks for client metrics only, of which there are none; v1 for any types. */
export const listConfigResourcesHandler = (broker: Broker) =>
  handler(listConfigResources, (request, context) => {
    const all = [resourceTypes.topic, resourceTypes.broker, brokerLogger, clientMetrics, group]
    const asked = context.version === 0 ? [clientMetrics] : request.resourceTypes
    const types = new Set(asked.length === 0 ? all : asked)
    if ([...types].some((type) => !all.includes(type))) return { errorCode: kafkaErrors.UNSUPPORTED_VERSION.code }
    const topics = types.has(resourceTypes.topic) ? [...broker.image.topics.keys()] : []
    const brokers = types.has(resourceTypes.broker) ? [...broker.image.brokers.keys()] : []
    return {
      errorCode: kafkaErrors.NONE.code,
      configResources: [
        ...topics.map((resourceName) => ({ resourceName, resourceType: resourceTypes.topic })),
        ...brokers.map((id) => ({ resourceName: `${id}`, resourceType: resourceTypes.broker })),
      ],
    }
  })
