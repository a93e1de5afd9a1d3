import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const topicRequest = message({
  name: { type: 'string', about: 'Name of the topic.' },
  partitionIndexes: { type: array('int32'), about: 'Partitions within the topic.' },
})

const producerState = message({
  producerId: { type: 'int64', about: 'Id of the producer.' },
  producerEpoch: { type: 'int32', about: 'Epoch of the producer.' },
  lastSequence: { type: 'int32', default: -1, about: 'Sequence number of its last record, -1 if none.' },
  lastTimestamp: { type: 'int64', default: -1, about: 'Time of its last batch, -1 if none.' },
  coordinatorEpoch: { type: 'int32', about: 'Epoch of the coordinator that last ended a transaction of it.' },
  currentTxnStartOffset: {
    type: 'int64',
    default: -1,
    about: 'Where its open transaction begins, -1 if none is open.',
  },
})

const partitionResponse = message({
  partitionIndex: { type: 'int32', about: 'Partition within the topic.' },
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
  errorMessage: { type: 'string', nullableSince: 0, default: null, about: 'What went wrong, in words.' },
  activeProducers: { type: array(producerState), about: 'Producers whose state is kept.' },
})

const topicResponse = message({
  name: { type: 'string', about: 'Name of the topic.' },
  partitions: { type: array(partitionResponse), about: 'What is known, by partition.' },
})

export const describeProducers = api({
  key: 61,
  name: 'DescribeProducers',
  about: 'Tells the producers that write to partitions (KIP-664).',
  versions: [0, 0],
  flexibleSince: 0,
  request: message({
    topics: { type: array(topicRequest), about: 'Partitions of interest, by topic.' },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    topics: { type: array(topicResponse), about: 'What is known, by topic.' },
  }),
})
