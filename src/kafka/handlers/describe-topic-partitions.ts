import type { Broker } from '../../broker/broker.ts'
import type { PartitionImage, TopicImage } from '../../metadata/image.ts'
import { isCommitLog, isInternalTopic, topicNameFault } from '../../metadata/topic-name.ts'
import { allOperations } from '../authorized-operations.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { describeTopicPartitions } from '../schema/describe-topic-partitions.ts'

/**
 * Partitions of topics with their in-sync and eligible replicas, page by page (KIP-966): topics in the order of their names,
 * beginning at the cursor, at most `responsePartitionLimit` partitions. Version 0.
 */
export const describeTopicPartitionsHandler = (broker: Broker) =>
  handler(describeTopicPartitions, (request) => {
    const asked = request.topics.map(({ name }) => name)
    const names =
      asked.length === 0 ? [...broker.image.topics.keys()].filter((name) => !isCommitLog(name)) : [...new Set(asked)]
    const { cursor } = request
    if (cursor !== null && (cursor.partitionIndex < 0 || (asked.length > 0 && !asked.includes(cursor.topicName)))) {
      return { topics: asked.map((name) => ({ name, errorCode: kafkaErrors.INVALID_REQUEST.code })), nextCursor: null }
    }
    const remaining = names.sort().filter((name) => cursor === null || name >= cursor.topicName)
    // At least one, or no page would ever get further.
    let room = Math.max(1, Math.min(request.responsePartitionLimit, broker.config.maxRequestPartitionSizeLimit))
    const topics = []
    for (const name of remaining) {
      const topic = broker.image.topics.get(name)
      if (topic === undefined) {
        const error = topicNameFault(name) === null ? 'UNKNOWN_TOPIC_OR_PARTITION' : 'INVALID_TOPIC_EXCEPTION'
        topics.push({ name, errorCode: kafkaErrors[error].code, topicAuthorizedOperations: allOperations.topic })
        continue
      }
      const first = cursor?.topicName === name ? Math.max(0, cursor.partitionIndex) : 0
      const partitions = topic.partitions.slice(first, first + room)
      if (room > 0) topics.push(describe(broker, topic, partitions))
      room -= partitions.length
      if (first + partitions.length < topic.partitions.length) {
        const nextCursor = { topicName: name, partitionIndex: first + partitions.length }
        return { topics, nextCursor }
      }
    }
    return { topics, nextCursor: null }
  })

function describe(broker: Broker, topic: TopicImage, partitions: readonly PartitionImage[]) {
  const { image } = broker
  return {
    errorCode: kafkaErrors.NONE.code,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    topicAuthorizedOperations: allOperations.topic,
    partitions: partitions.map((partition) => {
      const { leader: leaderId, leaderEpoch } = broker.leaderOf(topic, partition)
      return {
        errorCode: leaderId === -1 ? kafkaErrors.LEADER_NOT_AVAILABLE.code : kafkaErrors.NONE.code,
        partitionIndex: partition.index,
        leaderId,
        leaderEpoch,
        replicaNodes: partition.replicas,
        isrNodes: partition.inSync,
        eligibleLeaderReplicas: partition.eligible,
        lastKnownElr: [],
        offlineReplicas: partition.replicas.filter((each) => !image.isAlive(each)),
      }
    }),
  }
}
