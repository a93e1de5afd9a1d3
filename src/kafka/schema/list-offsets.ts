import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const listOffsetsPartition = message({
  partitionIndex: { type: 'int32', about: 'Partition within the topic.' },
  currentLeaderEpoch: {
    type: 'int32',
    since: 4,
    default: -1,
    ignorable: true,
    about: 'Leadership that the client believes in, -1 if none (KIP-320).',
  },
  timestamp: {
    type: 'int64',
    about:
      'Find the first record of this time or later; -1 latest, -2 earliest, -3 highest timestamp, -4 and -5 are about tiers.',
  },
})

const listOffsetsTopic = message({
  name: { type: 'string', about: 'Name of the topic.' },
  partitions: { type: array(listOffsetsPartition), about: 'What is asked, by partition.' },
})

const listOffsetsPartitionResponse = message({
  partitionIndex: { type: 'int32', about: 'Partition within the topic.' },
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
  timestamp: { type: 'int64', default: -1, about: 'Time of the record that was found, -1 where none was looked for.' },
  offset: { type: 'int64', default: -1, about: 'Offset that was found, -1 if none.' },
  leaderEpoch: {
    type: 'int32',
    since: 4,
    default: -1,
    about: 'Leadership of the record at that offset, -1 if unknown.',
  },
})

const listOffsetsTopicResponse = message({
  name: { type: 'string', about: 'Name of the topic.' },
  partitions: { type: array(listOffsetsPartitionResponse), about: 'What was found, by partition.' },
})

export const listOffsets = api({
  key: 2,
  name: 'ListOffsets',
  about:
    'Finds offsets by time. Since version 7 also that of the highest timestamp (KIP-734); 8 and 9 are about tiered storage, 11 too.',
  versions: [1, 11],
  flexibleSince: 6,
  request: message({
    replicaId: { type: 'int32', about: 'Broker that asks, -1 for a consumer.' },
    isolationLevel: { type: 'int8', since: 2, about: '0: read everything; 1: only what is committed.' },
    topics: { type: array(listOffsetsTopic), about: 'What is asked, by topic.' },
    timeoutMs: {
      type: 'int32',
      since: 10,
      ignorable: true,
      about: 'How long a read from remote storage may take, in milliseconds.',
    },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      since: 2,
      ignorable: true,
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    topics: { type: array(listOffsetsTopicResponse), about: 'What was found, by topic.' },
  }),
})
