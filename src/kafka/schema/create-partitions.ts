import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const createPartitionsAssignment = message({
  brokerIds: { type: array('int32'), about: 'Brokers of the replicas, the preferred leader first.' },
})

const createPartitionsTopic = message({
  name: { type: 'string', about: 'Name of the topic.' },
  count: { type: 'int32', about: 'Count of partitions from then on, with those that there are.' },
  assignments: {
    type: array(createPartitionsAssignment),
    nullableSince: 0,
    about: 'Which brokers hold each new partition; null to let the cluster choose.',
  },
})

const createPartitionsTopicResult = message({
  name: { type: 'string', about: 'Name of the topic.' },
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
  errorMessage: { type: 'string', nullableSince: 0, default: null, about: 'What went wrong, in words.' },
})

export const createPartitions = api({
  key: 37,
  name: 'CreatePartitions',
  about: 'Adds partitions to topics (KIP-195).',
  versions: [0, 3],
  flexibleSince: 2,
  request: message({
    topics: { type: array(createPartitionsTopic), about: 'Topics that get more partitions.' },
    timeoutMs: { type: 'int32', about: 'How long the broker may take, in milliseconds.' },
    validateOnly: { type: 'bool', about: 'Check and answer, but change nothing.' },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    results: { type: array(createPartitionsTopicResult), about: 'What became of each topic.' },
  }),
})
