import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const partitionProduceData = message({
  index: { type: 'int32', about: 'Partition within the topic.' },
  records: { type: 'records', nullableSince: 0, about: 'Record batch v2, compressed as the producer left it.' },
})

const topicProduceData = message({
  name: { type: 'string', until: 12, ignorable: true, about: 'Name of the topic.' },
  topicId: { type: 'uuid', since: 13, ignorable: true, about: 'Id of the topic.' },
  partitionData: { type: array(partitionProduceData), about: 'What to append, by partition.' },
})

const batchIndexAndErrorMessage = message({
  batchIndex: { type: 'int32', since: 8, about: 'Place of the record in its batch.' },
  batchIndexErrorMessage: {
    type: 'string',
    since: 8,
    nullableSince: 8,
    default: null,
    about: 'What is wrong with that record.',
  },
})

const leaderIdAndEpoch = message({
  leaderId: { type: 'int32', since: 10, default: -1, about: 'Broker that leads, -1 if none is known.' },
  leaderEpoch: { type: 'int32', since: 10, default: -1, about: 'Number of the leadership, -1 if unknown.' },
})

const partitionProduceResponse = message({
  index: { type: 'int32', about: 'Partition within the topic.' },
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
  baseOffset: { type: 'int64', about: 'Offset of the first record, -1 after an error.' },
  logAppendTimeMs: {
    type: 'int64',
    default: -1,
    about: 'Time of the append where the topic is stamped by it, else -1.',
  },
  logStartOffset: {
    type: 'int64',
    since: 5,
    default: -1,
    ignorable: true,
    about: 'First offset that the partition keeps.',
  },
  recordErrors: {
    type: array(batchIndexAndErrorMessage),
    since: 8,
    ignorable: true,
    about: 'Which records made the batch be refused (KIP-467).',
  },
  errorMessage: {
    type: 'string',
    since: 8,
    nullableSince: 8,
    default: null,
    ignorable: true,
    about: 'What went wrong, in words.',
  },
  currentLeader: {
    type: leaderIdAndEpoch,
    since: 10,
    tagged: { tag: 0, since: 10 },
    about: 'Who leads now, where it is not this broker.',
  },
})

const topicProduceResponse = message({
  name: { type: 'string', until: 12, ignorable: true, about: 'Name of the topic.' },
  topicId: { type: 'uuid', since: 13, ignorable: true, about: 'Id of the topic.' },
  partitionResponses: { type: array(partitionProduceResponse), about: 'What became of it, by partition.' },
})

const nodeEndpoint = message({
  nodeId: { type: 'int32', since: 10, about: 'Id of the broker.' },
  host: { type: 'string', since: 10, about: 'Host that clients connect to.' },
  port: { type: 'int32', since: 10, about: 'Port that clients connect to.' },
  rack: { type: 'string', since: 10, nullableSince: 10, default: null, about: 'Rack of the broker, if it has one.' },
})

export const produce = api({
  key: 0,
  name: 'Produce',
  about:
    'Appends record batches (KIP-98 batches on). Version 13 names topics by id (KIP-516), version 10 tells the new leader in the refusal (KIP-951).',
  versions: [3, 13],
  // Old librdkafka takes compression for unknown to a broker whose first version is above 0.
  advertisedMin: 0,
  flexibleSince: 9,
  request: message({
    transactionalId: {
      type: 'string',
      nullableSince: 3,
      default: null,
      about: 'Name of the transactional producer, null for any other.',
    },
    acks: {
      type: 'int16',
      about: 'When to answer: -1 once all in-sync replicas have it, 1 once the leader has it, 0 never.',
    },
    timeoutMs: { type: 'int32', about: 'How long to wait for the replicas, in milliseconds.' },
    topicData: { type: array(topicProduceData), about: 'What to append, by topic.' },
  }),
  response: message({
    responses: { type: array(topicProduceResponse), about: 'What became of it, by topic.' },
    throttleTimeMs: {
      type: 'int32',
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    nodeEndpoints: {
      type: array(nodeEndpoint),
      since: 10,
      tagged: { tag: 0, since: 10 },
      about: 'Where the named leaders are reached.',
    },
  }),
})
