import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const topicPartitions = message({
  topic: { type: 'string', about: 'Name of the topic.' },
  partitions: { type: array('int32'), about: 'Partitions that are to get another leader.' },
})

const partitionResult = message({
  partitionId: { type: 'int32', about: 'Partition within the topic.' },
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
  errorMessage: { type: 'string', nullableSince: 0, default: '', about: 'What went wrong, in words.' },
})

const replicaElectionResult = message({
  topic: { type: 'string', about: 'Name of the topic.' },
  partitionResult: { type: array(partitionResult), about: 'Each partition.' },
})

export const electLeaders = api({
  key: 43,
  name: 'ElectLeaders',
  about:
    'Has partitions led by their preferred replica, or, where no replica in sync lives, by another one (KIP-183, KIP-460).',
  versions: [0, 2],
  flexibleSince: 2,
  request: message({
    electionType: {
      type: 'int8',
      since: 1,
      about: '0: the preferred replica; 1: whichever lives, if no leader does, although it may lack records.',
    },
    topicPartitions: { type: array(topicPartitions), nullableSince: 0, about: 'Topics and partitions; null: all.' },
    timeoutMs: { type: 'int32', default: 60_000, about: 'How long the client waits, in milliseconds.' },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    errorCode: { type: 'int16', since: 1, about: '0, or the number of what went wrong with the whole request.' },
    replicaElectionResults: { type: array(replicaElectionResult), about: 'Each topic.' },
  }),
})
