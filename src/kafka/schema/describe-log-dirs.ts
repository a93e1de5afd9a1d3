import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const describableLogDirTopic = message({
  topic: { type: 'string', about: 'Name of the topic.' },
  partitions: { type: array('int32'), about: 'Partitions within the topic.' },
})

const describeLogDirsPartition = message({
  partitionIndex: { type: 'int32', about: 'Partition within the topic.' },
  partitionSize: { type: 'int64', about: 'Bytes of all segments.' },
  offsetLag: {
    type: 'int64',
    about: 'How far the log is behind the high watermark, or a future log behind the present one.',
  },
  isFutureKey: { type: 'bool', about: 'Whether it will replace the log in another folder once it has caught up.' },
})

const describeLogDirsTopic = message({
  name: { type: 'string', about: 'Name of the topic.' },
  partitions: { type: array(describeLogDirsPartition), about: 'What it holds, by partition.' },
})

const describeLogDirsResult = message({
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
  logDir: { type: 'string', about: 'Path of the folder.' },
  topics: { type: array(describeLogDirsTopic), about: 'What it holds, by topic.' },
  totalBytes: { type: 'int64', since: 4, default: -1, ignorable: true, about: 'Size of the disk, -1 if unknown.' },
  usableBytes: {
    type: 'int64',
    since: 4,
    default: -1,
    ignorable: true,
    about: 'Free space of the disk, -1 if unknown.',
  },
  isCordoned: { type: 'bool', since: 5, ignorable: true, about: 'Whether no new partitions are put there (KIP-1066).' },
})

export const describeLogDirs = api({
  key: 35,
  name: 'DescribeLogDirs',
  about: 'Tells sizes of the log folders (KIP-113), since version 4 the space on their disks (KIP-827).',
  versions: [1, 5],
  flexibleSince: 2,
  request: message({
    topics: {
      type: array(describableLogDirTopic),
      nullableSince: 0,
      about: 'Partitions of interest, by topic; null for all.',
    },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    errorCode: { type: 'int16', since: 3, ignorable: true, about: '0, or the number of what went wrong.' },
    results: { type: array(describeLogDirsResult), about: 'Each log folder.' },
  }),
})
