import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const wantedTopic = message({
  name: { type: 'string', about: 'Name of the topic.' },
  partitionIndexes: { type: array('int32'), about: 'Partitions that are asked about.' },
})

const movingPartition = message({
  partitionIndex: { type: 'int32', about: 'Partition within the topic.' },
  replicas: { type: array('int32'), about: 'All that it has at present.' },
  addingReplicas: { type: array('int32'), about: 'Those of them that the reassignment brings.' },
  removingReplicas: { type: array('int32'), about: 'Those of them that go once it is done.' },
})

const movingTopic = message({
  name: { type: 'string', about: 'Name of the topic.' },
  partitions: { type: array(movingPartition), about: 'Partitions whose replicas are being moved.' },
})

export const listPartitionReassignments = api({
  key: 46,
  name: 'ListPartitionReassignments',
  about: 'Tells whose replicas are being moved (KIP-455).',
  versions: [0, 0],
  flexibleSince: 0,
  request: message({
    timeoutMs: { type: 'int32', default: 60_000, about: 'How long the client waits, in milliseconds.' },
    topics: { type: array(wantedTopic), nullableSince: 0, default: null, about: 'Topics and partitions; null: all.' },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
    errorMessage: { type: 'string', nullableSince: 0, default: '', about: 'What went wrong, in words.' },
    topics: { type: array(movingTopic), about: 'Topics of which something is being moved.' },
  }),
})
