import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const replicaState = message({
  replicaId: { type: 'int32', since: 15, default: -1, about: 'Broker that fetches, -1 for a consumer.' },
  replicaEpoch: { type: 'int64', since: 15, default: -1, about: 'Epoch of that broker, -1 for a consumer.' },
})

const fetchPartition = message({
  partition: { type: 'int32', about: 'Partition within the topic.' },
  currentLeaderEpoch: {
    type: 'int32',
    since: 9,
    default: -1,
    ignorable: true,
    about: 'Leadership that the fetcher believes in, -1 if none (KIP-320).',
  },
  fetchOffset: { type: 'int64', about: 'Offset to read from.' },
  lastFetchedEpoch: {
    type: 'int32',
    since: 12,
    default: -1,
    about: 'Leadership of the last record that the fetcher has, -1 if none (KIP-595).',
  },
  logStartOffset: {
    type: 'int64',
    since: 5,
    default: -1,
    ignorable: true,
    about: 'First offset that a fetching replica keeps, -1 for a consumer.',
  },
  partitionMaxBytes: {
    type: 'int32',
    about: 'How many bytes of this partition to send at most; a first batch beyond it is sent still.',
  },
  replicaDirectoryId: {
    type: 'uuid',
    since: 17,
    tagged: { tag: 0, since: 17 },
    ignorable: true,
    about: 'Folder of a fetching replica (KIP-853).',
  },
  highWatermark: {
    type: 'bigint64',
    since: 18,
    tagged: { tag: 1, since: 18 },
    default: 9223372036854775807n,
    ignorable: true,
    about: 'High watermark that a fetching replica knows; the highest number if it knows none (KIP-1166).',
  },
})

const fetchTopic = message({
  topic: { type: 'string', until: 12, ignorable: true, about: 'Name of the topic.' },
  topicId: { type: 'uuid', since: 13, ignorable: true, about: 'Id of the topic.' },
  partitions: { type: array(fetchPartition), about: 'What to read, by partition.' },
})

const forgottenTopic = message({
  topic: { type: 'string', since: 7, until: 12, ignorable: true, about: 'Name of the topic.' },
  topicId: { type: 'uuid', since: 13, ignorable: true, about: 'Id of the topic.' },
  partitions: { type: array('int32'), since: 7, about: 'Partitions within the topic.' },
})

const epochEndOffset = message({
  epoch: { type: 'int32', since: 12, default: -1, about: 'Last leadership that both may have.' },
  endOffset: { type: 'int64', since: 12, default: -1, about: 'Where that leadership ends in the log of the leader.' },
})

const leaderIdAndEpoch = message({
  leaderId: { type: 'int32', since: 12, default: -1, about: 'Broker that leads, -1 if none is known.' },
  leaderEpoch: { type: 'int32', since: 12, default: -1, about: 'Number of the leadership, -1 if unknown.' },
})

const snapshotId = message({
  endOffset: { type: 'int64', default: -1, about: 'End of the snapshot.' },
  epoch: { type: 'int32', default: -1, about: 'Leadership of the last record in the snapshot.' },
})

const abortedTransaction = message({
  producerId: { type: 'int64', about: 'Id of the producer.' },
  firstOffset: { type: 'int64', about: 'Where the transaction begins.' },
})

const partitionData = message({
  partitionIndex: { type: 'int32', about: 'Partition within the topic.' },
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
  highWatermark: { type: 'int64', about: 'Everything below it is committed.' },
  lastStableOffset: { type: 'int64', default: -1, about: 'Everything below it is in transactions that have ended.' },
  logStartOffset: {
    type: 'int64',
    since: 5,
    default: -1,
    ignorable: true,
    about: 'First offset that the partition keeps.',
  },
  divergingEpoch: {
    type: epochEndOffset,
    since: 12,
    tagged: { tag: 0, since: 12 },
    about: 'Where a replica parted from its leader, if it did (KIP-595).',
  },
  currentLeader: {
    type: leaderIdAndEpoch,
    since: 12,
    tagged: { tag: 1, since: 12 },
    about: 'Who leads now, where it is not this broker.',
  },
  snapshotId: {
    type: snapshotId,
    since: 12,
    tagged: { tag: 2, since: 12 },
    about: 'Snapshot that a replica has to load, as the log begins behind its offset (KIP-630).',
  },
  abortedTransactions: {
    type: array(abortedTransaction),
    nullableSince: 4,
    about: 'Transactions to skip in what was read, null if everything is wanted.',
  },
  preferredReadReplica: {
    type: 'int32',
    since: 11,
    default: -1,
    about: 'Broker that the consumer should read from, -1 for this one (KIP-392).',
  },
  records: { type: 'records', nullableSince: 0, about: 'Whole record batches, the last of which may be cut short.' },
})

const fetchableTopicResponse = message({
  topic: { type: 'string', until: 12, ignorable: true, about: 'Name of the topic.' },
  topicId: { type: 'uuid', since: 13, ignorable: true, about: 'Id of the topic.' },
  partitions: { type: array(partitionData), about: 'What was read, by partition.' },
})

const nodeEndpoint = message({
  nodeId: { type: 'int32', since: 16, about: 'Id of the broker.' },
  host: { type: 'string', since: 16, about: 'Host that clients connect to.' },
  port: { type: 'int32', since: 16, about: 'Port that clients connect to.' },
  rack: { type: 'string', since: 16, nullableSince: 16, default: null, about: 'Rack of the broker, if it has one.' },
})

export const fetch = api({
  key: 1,
  name: 'Fetch',
  about:
    'Reads record batches, waiting for them if asked to. Sessions since version 7 (KIP-227), topic ids since 13 (KIP-516).',
  versions: [4, 18],
  flexibleSince: 12,
  request: message({
    clusterId: {
      type: 'string',
      since: 12,
      nullableSince: 12,
      tagged: { tag: 0, since: 12 },
      default: null,
      ignorable: true,
      about: 'Cluster that the fetcher belongs to; set by replicas of the metadata quorum only.',
    },
    replicaId: { type: 'int32', until: 14, default: -1, about: 'Broker that fetches, -1 for a consumer.' },
    replicaState: { type: replicaState, since: 15, tagged: { tag: 1, since: 15 }, about: 'Which replica fetches.' },
    maxWaitMs: { type: 'int32', about: 'How long to wait for `minBytes`, in milliseconds.' },
    minBytes: { type: 'int32', about: 'How many bytes are worth an answer before the wait is over.' },
    maxBytes: {
      type: 'int32',
      default: 2147483647,
      about: 'How many bytes of records the whole answer should have at most; a first batch beyond it is sent still.',
    },
    isolationLevel: { type: 'int8', about: '0: read everything; 1: only what is committed.' },
    sessionId: { type: 'int32', since: 7, ignorable: true, about: 'Session to go on with, 0 for none.' },
    sessionEpoch: {
      type: 'int32',
      since: 7,
      default: -1,
      ignorable: true,
      about: 'Place in the session: 0 opens one, -1 closes it or has none.',
    },
    topics: { type: array(fetchTopic), about: 'What to read, by topic; in a session only what has changed.' },
    forgottenTopicsData: { type: array(forgottenTopic), since: 7, about: 'What is read no more in this session.' },
    rackId: {
      type: 'string',
      since: 11,
      ignorable: true,
      about: 'Rack of the consumer, which may prefer a replica near to it (KIP-392).',
    },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    errorCode: { type: 'int16', since: 7, ignorable: true, about: '0, or the number of what went wrong.' },
    sessionId: { type: 'int32', since: 7, about: 'Session that the answer belongs to, 0 for none.' },
    responses: { type: array(fetchableTopicResponse), about: 'What was read, by topic.' },
    nodeEndpoints: {
      type: array(nodeEndpoint),
      since: 16,
      tagged: { tag: 0, since: 16 },
      about: 'Where the named leaders are reached.',
    },
  }),
})
