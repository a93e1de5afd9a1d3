import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const reassignablePartition = message({
  partitionIndex: { type: 'int32', about: 'Partition within the topic.' },
  replicas: {
    type: array('int32'),
    nullableSince: 0,
    default: null,
    about: 'Brokers that are to have the replicas, the preferred leader first; null: what is under way is called off.',
  },
})

const reassignableTopic = message({
  name: { type: 'string', about: 'Name of the topic.' },
  partitions: { type: array(reassignablePartition), about: 'Each partition.' },
})

const partitionResponse = message({
  partitionIndex: { type: 'int32', about: 'Partition within the topic.' },
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
  errorMessage: { type: 'string', nullableSince: 0, default: '', about: 'What went wrong, in words.' },
})

const topicResponse = message({
  name: { type: 'string', about: 'Name of the topic.' },
  partitions: { type: array(partitionResponse), about: 'Each partition.' },
})

export const alterPartitionReassignments = api({
  key: 45,
  name: 'AlterPartitionReassignments',
  about: 'Moves replicas of partitions to other brokers, or calls that off (KIP-455).',
  versions: [0, 1],
  flexibleSince: 0,
  request: message({
    timeoutMs: { type: 'int32', default: 60_000, about: 'How long the client waits, in milliseconds.' },
    allowReplicationFactorChange: {
      type: 'bool',
      since: 1,
      default: true,
      about: 'Whether there may be more replicas than before, or fewer (KIP-860).',
    },
    topics: { type: array(reassignableTopic), about: 'Each topic.' },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    allowReplicationFactorChange: {
      type: 'bool',
      since: 1,
      default: true,
      ignorable: true,
      about: 'As in the request.',
    },
    errorCode: { type: 'int16', about: '0, or the number of what went wrong with the whole request.' },
    errorMessage: { type: 'string', nullableSince: 0, default: '', about: 'What went wrong, in words.' },
    responses: { type: array(topicResponse), about: 'Each topic.' },
  }),
})
