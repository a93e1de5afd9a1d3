import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const offsetFetchRequestTopic = message({
  name: { type: 'string', until: 7, about: 'Name of the topic.' },
  partitionIndexes: { type: array('int32'), until: 7, about: 'Partitions within the topic.' },
})

const offsetFetchRequestTopics = message({
  name: { type: 'string', since: 8, until: 9, ignorable: true, about: 'Name of the topic.' },
  topicId: { type: 'uuid', since: 10, ignorable: true, about: 'Id of the topic.' },
  partitionIndexes: { type: array('int32'), since: 8, about: 'Partitions within the topic.' },
})

const offsetFetchRequestGroup = message({
  groupId: { type: 'string', since: 8, about: 'Name of the group.' },
  memberId: {
    type: 'string',
    since: 9,
    nullableSince: 9,
    default: null,
    ignorable: true,
    about: 'Id of the member in a group of the new protocol, null for any other.',
  },
  memberEpoch: {
    type: 'int32',
    since: 9,
    default: -1,
    ignorable: true,
    about: 'Epoch of the member in a group of the new protocol (KIP-848), -1 for none.',
  },
  topics: {
    type: array(offsetFetchRequestTopics),
    since: 8,
    nullableSince: 8,
    about: 'What is asked, by topic; null for all topics.',
  },
})

const offsetFetchResponsePartition = message({
  partitionIndex: { type: 'int32', until: 7, about: 'Partition within the topic.' },
  committedOffset: { type: 'int64', until: 7, about: 'Offset to go on from, -1 if none was committed.' },
  committedLeaderEpoch: {
    type: 'int32',
    since: 5,
    until: 7,
    default: -1,
    ignorable: true,
    about: 'Leadership of the last record before it, -1 if unknown (KIP-320).',
  },
  metadata: { type: 'string', until: 7, nullableSince: 0, about: 'What the client kept beside the offset.' },
  errorCode: { type: 'int16', until: 7, about: '0, or the number of what went wrong.' },
})

const offsetFetchResponseTopic = message({
  name: { type: 'string', until: 7, about: 'Name of the topic.' },
  partitions: { type: array(offsetFetchResponsePartition), until: 7, about: 'What was committed, by partition.' },
})

const offsetFetchResponsePartitions = message({
  partitionIndex: { type: 'int32', since: 8, about: 'Partition within the topic.' },
  committedOffset: { type: 'int64', since: 8, about: 'Offset to go on from, -1 if none was committed.' },
  committedLeaderEpoch: {
    type: 'int32',
    since: 8,
    default: -1,
    ignorable: true,
    about: 'Leadership of the last record before it, -1 if unknown (KIP-320).',
  },
  metadata: { type: 'string', since: 8, nullableSince: 8, about: 'What the client kept beside the offset.' },
  errorCode: { type: 'int16', since: 8, about: '0, or the number of what went wrong.' },
})

const offsetFetchResponseTopics = message({
  name: { type: 'string', since: 8, until: 9, ignorable: true, about: 'Name of the topic.' },
  topicId: { type: 'uuid', since: 10, ignorable: true, about: 'Id of the topic.' },
  partitions: { type: array(offsetFetchResponsePartitions), since: 8, about: 'What was committed, by partition.' },
})

const offsetFetchResponseGroup = message({
  groupId: { type: 'string', since: 8, about: 'Name of the group.' },
  topics: { type: array(offsetFetchResponseTopics), since: 8, about: 'What was committed, by topic.' },
  errorCode: { type: 'int16', since: 8, about: '0, or the number of what went wrong.' },
})

export const offsetFetch = api({
  key: 9,
  name: 'OffsetFetch',
  about: 'Tells the committed offsets of groups; of several at once since version 8 (KIP-709), by topic id since 10.',
  versions: [1, 10],
  flexibleSince: 6,
  request: message({
    groupId: { type: 'string', until: 7, about: 'Name of the group.' },
    topics: {
      type: array(offsetFetchRequestTopic),
      until: 7,
      nullableSince: 2,
      about: 'What is asked, by topic; null for all topics.',
    },
    groups: { type: array(offsetFetchRequestGroup), since: 8, about: 'What is asked, by group.' },
    requireStable: {
      type: 'bool',
      since: 7,
      about: 'Answer with an error where a transaction is about to commit an offset (KIP-447).',
    },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      since: 3,
      ignorable: true,
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    topics: { type: array(offsetFetchResponseTopic), until: 7, about: 'What was committed, by topic.' },
    errorCode: { type: 'int16', since: 2, until: 7, ignorable: true, about: '0, or the number of what went wrong.' },
    groups: { type: array(offsetFetchResponseGroup), since: 8, about: 'What was committed, by group.' },
  }),
})
