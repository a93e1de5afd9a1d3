import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const topicRequest = message({
  name: { type: 'string', about: 'Name of the topic.' },
})

const cursor = message({
  topicName: { type: 'string', about: 'First topic to tell about.' },
  partitionIndex: { type: 'int32', about: 'First partition of it to tell about.' },
})

const describeTopicPartitionsResponsePartition = message({
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
  partitionIndex: { type: 'int32', about: 'Partition within the topic.' },
  leaderId: { type: 'int32', about: 'Broker that leads, -1 if none is known.' },
  leaderEpoch: { type: 'int32', default: -1, about: 'Number of the leadership, -1 if unknown.' },
  replicaNodes: { type: array('int32'), about: 'Brokers that hold a replica, the preferred leader first.' },
  isrNodes: { type: array('int32'), about: 'Brokers whose replica is in sync.' },
  eligibleLeaderReplicas: {
    type: array('int32'),
    nullableSince: 0,
    default: null,
    about: 'Brokers that may lead though they are not in sync; null if unknown.',
  },
  lastKnownElr: {
    type: array('int32'),
    nullableSince: 0,
    default: null,
    about: 'Brokers that were the last ones to be eligible; null if unknown.',
  },
  offlineReplicas: { type: array('int32'), about: 'Brokers whose replica cannot be reached.' },
})

const describeTopicPartitionsResponseTopic = message({
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
  name: { type: 'string', nullableSince: 0, about: 'Name of the topic.' },
  topicId: { type: 'uuid', about: 'Id of the topic.' },
  isInternal: { type: 'bool', about: 'Whether the broker made the topic for its own use.' },
  partitions: { type: array(describeTopicPartitionsResponsePartition), about: 'Each partition.' },
  topicAuthorizedOperations: {
    type: 'int32',
    default: -2147483648,
    about: 'Bits of what the client may do with the topic; the lowest number if it was not asked.',
  },
})

export const describeTopicPartitions = api({
  key: 75,
  name: 'DescribeTopicPartitions',
  about: 'Tells topics in pages, with eligible leader replicas (KIP-966).',
  versions: [0, 0],
  flexibleSince: 0,
  request: message({
    topics: { type: array(topicRequest), about: 'Topics of interest; none for all.' },
    responsePartitionLimit: { type: 'int32', default: 2000, about: 'How many partitions one answer may hold.' },
    cursor: { type: cursor, nullableSince: 0, default: null, about: 'Where to go on; null to begin.' },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    topics: { type: array(describeTopicPartitionsResponseTopic), about: 'Each topic.' },
    nextCursor: {
      type: cursor,
      nullableSince: 0,
      default: null,
      about: 'Where the next page begins; null at the end.',
    },
  }),
})
