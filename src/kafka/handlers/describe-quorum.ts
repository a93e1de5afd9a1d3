import type { Broker } from '../../broker/broker.ts'
import { metadataTopicName } from '../../metadata/topic-name.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { describeQuorum } from '../schema/describe-quorum.ts'

/** The voters of the metadata log, who leads, and how far each is. Versions 0 to 2; v1 has times, v2 folders and endpoints. */
export const describeQuorumHandler = (broker: Broker) =>
  handler(describeQuorum, (request, { version }) => ({
    errorCode: kafkaErrors.NONE.code,
    topics: request.topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) =>
        topicName === metadataTopicName && partitionIndex === 0
          ? describeVoters(broker, version)
          : unknownPartition(partitionIndex),
      ),
    })),
    // Kafka names its nodes only beside voters.
    ...(version >= 2 && request.topics.some(({ topicName }) => topicName === metadataTopicName)
      ? { nodes: [{ nodeId: broker.id, listeners: [{ name: 'CONTROLLER', ...broker.endpoint }] }] }
      : {}),
  }))

function unknownPartition(partitionIndex: number) {
  const { code, message } = kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION
  return { partitionIndex, errorCode: code, errorMessage: message }
}

function describeVoters(broker: Broker, version: number) {
  const replica = broker.metadataReplica
  const nowMs = broker.clock.nowMs()
  return {
    partitionIndex: 0,
    errorCode: kafkaErrors.NONE.code,
    leaderId: broker.id,
    leaderEpoch: replica.epoch,
    highWatermark: replica.highWatermark,
    currentVoters: [
      {
        replicaId: broker.id,
        ...(version >= 2 ? { replicaDirectoryId: broker.directoryId } : {}),
        logEndOffset: replica.log.logEndOffset,
        lastFetchTimestamp: nowMs,
        lastCaughtUpTimestamp: nowMs,
      },
    ],
    observers: [],
  }
}
