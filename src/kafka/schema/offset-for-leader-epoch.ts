import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const offsetForLeaderPartition = message({
  partition: { type: 'int32', about: 'Partition within the topic.' },
  currentLeaderEpoch: { type: 'int32', default: -1, about: 'Leadership that the client believes in, -1 if none.' },
  leaderEpoch: { type: 'int32', about: 'Leadership whose end is asked.' },
})

const offsetForLeaderTopic = message({
  topic: { type: 'string', about: 'Name of the topic.' },
  partitions: { type: array(offsetForLeaderPartition), about: 'What is asked, by partition.' },
})

const epochEndOffset = message({
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
  partition: { type: 'int32', about: 'Partition within the topic.' },
  leaderEpoch: {
    type: 'int32',
    default: -1,
    about: 'The asked leadership, or the last one before it that has records; -1 if none.',
  },
  endOffset: { type: 'int64', default: -1, about: 'Where that leadership ends, -1 if unknown.' },
})

const offsetForLeaderTopicResult = message({
  topic: { type: 'string', about: 'Name of the topic.' },
  partitions: { type: array(epochEndOffset), about: 'What was found, by partition.' },
})

export const offsetForLeaderEpoch = api({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  about: 'Tells where a leadership ends in the log (KIP-101, KIP-320).',
  versions: [2, 4],
  flexibleSince: 4,
  request: message({
    replicaId: {
      type: 'int32',
      since: 3,
      default: -2,
      ignorable: true,
      about: 'Broker that asks, -1 for a consumer, -2 where the version had no field for it.',
    },
    topics: { type: array(offsetForLeaderTopic), about: 'What is asked, by topic.' },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    topics: { type: array(offsetForLeaderTopicResult), about: 'What was found, by topic.' },
  }),
})
