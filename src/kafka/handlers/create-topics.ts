import type { Broker } from '../../broker/broker.ts'
import type { RequestOf, ResponseInputOf } from '../../codec/api.ts'
import type { CreateTopicsAnswer, NewTopic } from '../../metadata/controller/create-topics.ts'
import { describeTopicConfig } from '../../config/describe-config.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { refusedTopicErrors } from '../controller-errors.ts'
import { createTopics } from '../schema/create-topics.ts'
import { unavailable, unlessUnavailable } from '../unless-unavailable.ts'

type Asked = RequestOf<typeof createTopics>['topics'][number]
type Answer = NonNullable<NonNullable<ResponseInputOf<typeof createTopics>['topics']>[number]>

/**
 * Makes topics. Versions 2 to 7: v4 takes -1 for the broker's defaults, v5 is flexible and tells partitions, replicas and
 * settings of what was made, v7 its id. A topic that is reported as made can be written to at once.
 */
export const createTopicsHandler = (broker: Broker) =>
  handler(createTopics, async (request, context) => {
    const answers = await unlessUnavailable(
      broker.coordinator.submit('createTopics', {
        topics: request.topics.map(newTopic),
        validateOnly: request.validateOnly,
        defaults: broker.topicDefaults,
      }),
    )
    if (answers === null) return { topics: request.topics.map(({ name }) => ({ name, ...unavailable })) }
    const named = new Map(request.topics.map((topic) => [topic.name, topic]))
    return {
      topics: answers.map((answer) => topicAnswer(broker, answer, { asked: named.get(answer.name), ...context })),
    }
  })

function newTopic(asked: Asked): NewTopic {
  const byPartition = [...asked.assignments].sort((a, b) => a.partitionIndex - b.partitionIndex)
  // A gap in the numbering shows as a partition without replicas, which is refused with its number.
  const highest = byPartition.at(-1)?.partitionIndex ?? -1
  const assignment =
    byPartition.length === 0
      ? null
      : Array.from({ length: Math.min(highest + 1, byPartition.length + 1) }, (_, index) => {
          return byPartition.find(({ partitionIndex }) => partitionIndex === index)?.brokerIds ?? []
        })
  return {
    name: asked.name,
    partitions: asked.numPartitions,
    replicationFactor: asked.replicationFactor,
    assignment,
    configs: new Map(asked.configs.map(({ name, value }) => [name, value])),
  }
}

function topicAnswer(
  broker: Broker,
  { name, outcome }: CreateTopicsAnswer[number],
  { asked, version }: { asked: Asked | undefined; version: number },
): Answer {
  if (outcome.code !== 'created') {
    return { name, errorCode: refusedTopicErrors[outcome.code], errorMessage: outcome.message }
  }
  const overrides = new Map((asked?.configs ?? []).map((config) => [config.name, config.value ?? '']))
  return {
    name,
    topicId: outcome.id,
    errorCode: kafkaErrors.NONE.code,
    errorMessage: null,
    numPartitions: outcome.partitions,
    replicationFactor: outcome.replicationFactor,
    ...(version >= 5 ? { configs: describeConfigs(broker, overrides) } : {}),
  }
}

function describeConfigs(broker: Broker, overrides: ReadonlyMap<string, string>) {
  const { started, dynamic } = broker.configs
  return describeTopicConfig({ broker: started, dynamic, overrides }, null).map((config) => ({
    name: config.name,
    value: config.value,
    readOnly: config.readOnly,
    configSource: config.source,
    isSensitive: config.sensitive,
  }))
}
