import type { Broker } from '../../broker/broker.ts'
import type { RequestOf } from '../../codec/api.ts'
import {
  type ConfigDescription,
  describeBrokerConfig,
  describeClusterConfig,
  describeTopicConfig,
} from '../../config/describe-config.ts'
import { resourceTypes } from '../../metadata/image.ts'
import { topicNameFault } from '../../metadata/topic-name.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { describeConfigs } from '../schema/describe-configs.ts'

type Request = RequestOf<typeof describeConfigs>
type Resource = Request['resources'][number]

/** Settings of topics and brokers, and where each value comes from. Versions 1 to 4; v3 has types and documentation. */
export const describeConfigsHandler = (broker: Broker) =>
  handler(describeConfigs, (request) => ({
    results: request.resources.map((resource) => describeResource(broker, resource, request)),
  }))

function describeResource(broker: Broker, resource: Resource, request: Request) {
  const { resourceType, resourceName } = resource
  const described = describe(broker, resource)
  if ('errorCode' in described) return { resourceType, resourceName, configs: [], ...described }
  return {
    resourceType,
    resourceName,
    errorCode: kafkaErrors.NONE.code,
    errorMessage: '',
    configs: described.map((config) => ({
      name: config.name,
      value: config.value,
      readOnly: config.readOnly,
      configSource: config.source,
      isSensitive: config.sensitive,
      synonyms: request.includeSynonyms ? config.synonyms : [],
      configType: config.type,
      documentation: request.includeDocumentation ? config.documentation : null,
    })),
  }
}

function describe(
  broker: Broker,
  resource: Resource,
): ConfigDescription[] | { errorCode: number; errorMessage: string } {
  const { resourceType, resourceName } = resource
  // No names at all means every setting, as null does.
  const configurationKeys = resource.configurationKeys?.length === 0 ? null : resource.configurationKeys
  const { started, dynamic } = broker.configs
  switch (resourceType) {
    case resourceTypes.topic: {
      const fault = topicNameFault(resourceName)
      if (fault !== null) return { errorCode: kafkaErrors.INVALID_TOPIC_EXCEPTION.code, errorMessage: fault }
      if (!broker.image.topics.has(resourceName)) {
        const { code } = kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION
        return { errorCode: code, errorMessage: `there is no topic '${resourceName}'` }
      }
      const overrides = broker.image.settings(resourceTypes.topic, resourceName)
      return describeTopicConfig({ broker: started, dynamic, overrides }, configurationKeys)
    }
    case resourceTypes.broker:
      if (resourceName === '') return describeClusterConfig(dynamic.cluster, configurationKeys)
      if (resourceName === `${broker.id}`) return describeBrokerConfig({ broker: started, dynamic }, configurationKeys)
      return invalid(`this is broker ${broker.id}: ask broker '${resourceName}' for its settings`)
    default:
      return invalid(`there are no settings of resource type ${resourceType}`)
  }
}

const invalid = (errorMessage: string) => ({ errorCode: kafkaErrors.INVALID_REQUEST.code, errorMessage })
