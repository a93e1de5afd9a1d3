import type { Broker } from '../../broker/broker.ts'
import type { QuorumDescription, QuorumMember } from '../../metadata/coordinator/metadata-quorum.ts'
import { metadataTopicName } from '../../metadata/topic-name.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { describeQuorum } from '../schema/describe-quorum.ts'

const partition = 0

/**
 * The voters of the metadata log, who leads, and how far each is; the leader is asked. Versions 0 to 2; v1 has times, v2
 * folders and endpoints.
 */
export const describeQuorumHandler = (broker: Broker) =>
  handler(describeQuorum, async (request, { version }) => {
    const isAsked = request.topics.some(({ topicName }) => topicName === metadataTopicName)
    const quorum = isAsked ? await broker.quorum.describe() : null
    return {
      errorCode: kafkaErrors.NONE.code,
      topics: request.topics.map(({ topicName, partitions }) => ({
        topicName,
        partitions: partitions.map(({ partitionIndex }) =>
          topicName === metadataTopicName && partitionIndex === partition
            ? partitionAnswer(quorum, version)
            : failed(partitionIndex, 'UNKNOWN_TOPIC_OR_PARTITION'),
        ),
      })),
      // Kafka names its nodes only beside voters.
      ...(version >= 2 && isAsked ? { nodes: nodes(broker) } : {}),
    }
  })

function failed(partitionIndex: number, error: 'UNKNOWN_TOPIC_OR_PARTITION' | 'LEADER_NOT_AVAILABLE') {
  const { code, message } = kafkaErrors[error]
  return { partitionIndex, errorCode: code, errorMessage: message }
}

function partitionAnswer(quorum: QuorumDescription | null, version: number) {
  if (quorum === null) return failed(partition, 'LEADER_NOT_AVAILABLE')
  const { leader, epoch, highWatermark, voters, observers } = quorum
  const member = ({ broker, directory, logEndOffset, fetchedAt, caughtUpAt }: QuorumMember) => ({
    replicaId: broker,
    ...(version >= 2 ? { replicaDirectoryId: directory } : {}),
    logEndOffset,
    lastFetchTimestamp: fetchedAt,
    lastCaughtUpTimestamp: caughtUpAt,
  })
  return {
    partitionIndex: partition,
    errorCode: kafkaErrors.NONE.code,
    leaderId: leader,
    leaderEpoch: epoch,
    highWatermark,
    currentVoters: voters.map(member),
    observers: observers.map(member),
  }
}

/** Where the voters are reached: at the port for each other, or, where a broker is alone, at the one that it has. */
function nodes({ quorum, endpoint }: Broker) {
  return quorum.voters.map(({ broker, peer }) => ({
    nodeId: broker,
    listeners: [{ name: 'CONTROLLER', ...(peer ?? endpoint) }],
  }))
}
