import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const offsetCommitRequestPartition = message({
  partitionIndex: { type: 'int32', about: 'Partition within the topic.' },
  committedOffset: { type: 'int64', about: 'Offset to go on from, -1 if none was committed.' },
  committedLeaderEpoch: {
    type: 'int32',
    since: 6,
    default: -1,
    ignorable: true,
    about: 'Leadership of the last record before it, -1 if unknown (KIP-320).',
  },
  committedMetadata: {
    type: 'string',
    nullableSince: 0,
    about: 'Anything that the client wants to keep beside the offset.',
  },
})

const offsetCommitRequestTopic = message({
  name: { type: 'string', until: 9, ignorable: true, about: 'Name of the topic.' },
  topicId: { type: 'uuid', since: 10, ignorable: true, about: 'Id of the topic.' },
  partitions: { type: array(offsetCommitRequestPartition), about: 'Offsets to commit, by partition.' },
})

const offsetCommitResponsePartition = message({
  partitionIndex: { type: 'int32', about: 'Partition within the topic.' },
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
})

const offsetCommitResponseTopic = message({
  name: { type: 'string', until: 9, ignorable: true, about: 'Name of the topic.' },
  topicId: { type: 'uuid', since: 10, ignorable: true, about: 'Id of the topic.' },
  partitions: { type: array(offsetCommitResponsePartition), about: 'What became of it, by partition.' },
})

export const offsetCommit = api({
  key: 8,
  name: 'OffsetCommit',
  about:
    'Commits offsets of a group. Version 7 knows static members (KIP-345), 9 the new group protocol (KIP-848), 10 topic ids.',
  versions: [2, 10],
  flexibleSince: 8,
  request: message({
    groupId: { type: 'string', about: 'Name of the group.' },
    generationIdOrMemberEpoch: {
      type: 'int32',
      default: -1,
      about:
        "Number of the group's generation, or the member's epoch in a group of the new protocol (KIP-848); -1 for neither.",
    },
    memberId: { type: 'string', about: 'Id that the coordinator gave the member.' },
    groupInstanceId: {
      type: 'string',
      since: 7,
      nullableSince: 7,
      default: null,
      about: 'Name that a static member keeps over restarts (KIP-345), null for a dynamic one.',
    },
    retentionTimeMs: {
      type: 'int64',
      until: 4,
      default: -1,
      ignorable: true,
      about: 'How long to keep the offsets, in milliseconds, -1 for the default.',
    },
    topics: { type: array(offsetCommitRequestTopic), about: 'Offsets to commit, by topic.' },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      since: 3,
      ignorable: true,
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    topics: { type: array(offsetCommitResponseTopic), about: 'What became of it, by topic.' },
  }),
})
