import type { Broker } from '../../broker/broker.ts'
import type { RequestOf, ResponseInputOf } from '../../codec/api.ts'
import { zeroUuid } from '../../codec/uuid.ts'
import { onceEach } from '../../metadata/controller/once-each.ts'
import type { PartitionImage, TopicImage } from '../../metadata/image.ts'
import { isCommitLog, isInternalTopic, topicNameFault } from '../../metadata/topic-name.ts'
import { allOperations } from '../authorized-operations.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { metadata } from '../schema/metadata.ts'

type Request = RequestOf<typeof metadata>
type AskedTopic = NonNullable<Request['topics']>[number]
type TopicAnswer = NonNullable<NonNullable<ResponseInputOf<typeof metadata>['topics']>[number]>

/**
 * Brokers, topics, leaders. Versions 0 to 13: v1 tells internal topics and asks for no topic by an empty list (v0: all), v4 says
 * whether missing topics shall be made, v7 has leader epochs, v9 is flexible, v10 has topic ids and v12 asks by them.
 */
export const metadataHandler = (broker: Broker) =>
  handler(metadata, async (request, context) => {
    const all = request.topics === null || (context.version === 0 && request.topics.length === 0)
    if (context.version < 12 && request.topics?.some(({ name }) => name === null) === true) {
      const errorCode = kafkaErrors.INVALID_REQUEST.code
      return { topics: (request.topics ?? []).map(({ name, topicId }) => ({ name: name ?? '', topicId, errorCode })) }
    }
    const topics = all
      ? [...broker.image.topics.values()].filter(isListed).map((topic) => topicAnswer(broker, topic, request))
      : await Promise.all(onceEach(request.topics ?? [], keyOf).map(({ item }) => answerFor(broker, item, request)))
    return {
      brokers: broker.image.living.map(({ id, host, port, rack }) => ({ nodeId: id, host, port, rack })),
      clusterId: broker.image.clusterId,
      controllerId: broker.administrator,
      topics,
      ...(request.includeClusterAuthorizedOperations ? { clusterAuthorizedOperations: allOperations.cluster } : {}),
      errorCode: kafkaErrors.NONE.code,
    }
  })

/** Commit logs are told of to whoever names them. */
const isListed = ({ name }: TopicImage): boolean => !isCommitLog(name)

const keyOf = (asked: AskedTopic): string => asked.name ?? asked.topicId

async function answerFor(broker: Broker, asked: AskedTopic, request: Request): Promise<TopicAnswer> {
  if (asked.name === null) {
    const topic = broker.image.topicById(asked.topicId)
    if (topic !== null) return topicAnswer(broker, topic, request)
    return { name: null, topicId: asked.topicId, errorCode: kafkaErrors.UNKNOWN_TOPIC_ID.code }
  }
  const topic = broker.image.topics.get(asked.name)
  if (topic !== undefined) return topicAnswer(broker, topic, request)
  return missing(broker, asked.name, request)
}

/** A topic that is not there is made where client and broker both allow it, and then told at once. */
async function missing(broker: Broker, name: string, request: Request): Promise<TopicAnswer> {
  const unknown = { name, topicId: zeroUuid, isInternal: isInternalTopic(name) }
  if (topicNameFault(name) !== null) return { ...unknown, errorCode: kafkaErrors.INVALID_TOPIC_EXCEPTION.code }
  const wanted = request.allowAutoTopicCreation && broker.config.autoCreateTopicsEnable
  if (!wanted) return { ...unknown, errorCode: kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code }
  const outcome = await broker.createTopicOnDemand(name)
  const topic = broker.image.topics.get(name)
  if (topic !== undefined) return topicAnswer(broker, topic, request)
  // Kafka's clients retry on LEADER_NOT_AVAILABLE; a topic that can never be made must not look as if it could.
  const code = outcome === 'refused' ? kafkaErrors.INVALID_TOPIC_EXCEPTION : kafkaErrors.LEADER_NOT_AVAILABLE
  return { ...unknown, errorCode: code.code }
}

function topicAnswer(broker: Broker, topic: TopicImage, request: Request): TopicAnswer {
  return {
    errorCode: kafkaErrors.NONE.code,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.partitions.map((partition) => partitionAnswer(broker, topic, partition)),
    ...(request.includeTopicAuthorizedOperations ? { topicAuthorizedOperations: allOperations.topic } : {}),
  }
}

function partitionAnswer(broker: Broker, topic: TopicImage, partition: PartitionImage) {
  const { image } = broker
  const { index: partitionIndex, replicas, inSync } = partition
  const { leader: leaderId, leaderEpoch } = broker.leaderOf(topic, partition)
  return {
    errorCode: leaderId === -1 ? kafkaErrors.LEADER_NOT_AVAILABLE.code : kafkaErrors.NONE.code,
    partitionIndex,
    leaderId,
    leaderEpoch,
    replicaNodes: replicas,
    isrNodes: inSync,
    offlineReplicas: replicas.filter((each) => !image.isAlive(each)),
  }
}
