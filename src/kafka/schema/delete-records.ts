import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const deleteRecordsPartition = message({
  partitionIndex: { type: 'int32', about: 'Partition within the topic.' },
  offset: { type: 'int64', about: 'First offset to keep; -1 for the high watermark.' },
})

const deleteRecordsTopic = message({
  name: { type: 'string', about: 'Name of the topic.' },
  partitions: { type: array(deleteRecordsPartition), about: 'Where to delete, by partition.' },
})

const deleteRecordsPartitionResult = message({
  partitionIndex: { type: 'int32', about: 'Partition within the topic.' },
  lowWatermark: { type: 'int64', about: 'The lowest log start offset of all live replicas, -1 after an error.' },
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
})

const deleteRecordsTopicResult = message({
  name: { type: 'string', about: 'Name of the topic.' },
  partitions: { type: array(deleteRecordsPartitionResult), about: 'What became of it, by partition.' },
})

export const deleteRecords = api({
  key: 21,
  name: 'DeleteRecords',
  about: 'Moves the log start offset up.',
  versions: [0, 2],
  flexibleSince: 2,
  request: message({
    topics: { type: array(deleteRecordsTopic), about: 'Where to delete, by topic.' },
    timeoutMs: { type: 'int32', about: 'How long the broker may take, in milliseconds.' },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    topics: { type: array(deleteRecordsTopicResult), about: 'What became of it, by topic.' },
  }),
})
