import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const offsetDeleteRequestPartition = message({
  partitionIndex: { type: 'int32', about: 'Partition within the topic.' },
})

const offsetDeleteRequestTopic = message({
  name: { type: 'string', about: 'Name of the topic.' },
  partitions: { type: array(offsetDeleteRequestPartition), about: 'What to delete, by partition.' },
})

const offsetDeleteResponsePartition = message({
  partitionIndex: { type: 'int32', about: 'Partition within the topic.' },
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
})

const offsetDeleteResponseTopic = message({
  name: { type: 'string', about: 'Name of the topic.' },
  partitions: { type: array(offsetDeleteResponsePartition), about: 'What became of it, by partition.' },
})

export const offsetDelete = api({
  key: 47,
  name: 'OffsetDelete',
  about: 'Deletes committed offsets of topics that the group does not read (KIP-496).',
  versions: [0, 0],
  request: message({
    groupId: { type: 'string', about: 'Name of the group.' },
    topics: { type: array(offsetDeleteRequestTopic), about: 'What to delete, by topic.' },
  }),
  response: message({
    errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
    throttleTimeMs: {
      type: 'int32',
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    topics: { type: array(offsetDeleteResponseTopic), about: 'What became of it, by topic.' },
  }),
})
