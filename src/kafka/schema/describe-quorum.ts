import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const partitionData = message({
  partitionIndex: { type: 'int32', about: 'Partition within the topic.' },
})

const topicData = message({
  topicName: { type: 'string', about: 'Name of the topic.' },
  partitions: { type: array(partitionData), about: 'Partitions of interest.' },
})

const replicaState = message({
  replicaId: { type: 'int32', about: 'Id of the node.' },
  replicaDirectoryId: { type: 'uuid', since: 2, about: 'Folder of the replica.' },
  logEndOffset: { type: 'int64', about: 'Where its log ends as far as the leader knows, -1 if unknown.' },
  lastFetchTimestamp: {
    type: 'int64',
    since: 1,
    default: -1,
    ignorable: true,
    about: "When it last fetched, by the leader's clock; -1 if unknown.",
  },
  lastCaughtUpTimestamp: {
    type: 'int64',
    since: 1,
    default: -1,
    ignorable: true,
    about: "When it last had all that the leader had, by the leader's clock; -1 if unknown.",
  },
})

const partitionDataResult = message({
  partitionIndex: { type: 'int32', about: 'Partition within the topic.' },
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
  errorMessage: { type: 'string', since: 2, nullableSince: 2, ignorable: true, about: 'What went wrong, in words.' },
  leaderId: { type: 'int32', about: 'Broker that leads, -1 if none is known.' },
  leaderEpoch: { type: 'int32', about: 'Number of the leadership.' },
  highWatermark: { type: 'int64', about: 'Everything below it is committed.' },
  currentVoters: { type: array(replicaState), about: 'Replicas that vote.' },
  observers: { type: array(replicaState), about: 'Replicas that read along without a vote.' },
})

const topicDataResult = message({
  topicName: { type: 'string', about: 'Name of the topic.' },
  partitions: { type: array(partitionDataResult), about: 'State, by partition.' },
})

const listener = message({
  name: { type: 'string', since: 2, about: 'Name of the listener.' },
  host: { type: 'string', since: 2, about: 'Host that clients connect to.' },
  port: { type: 'uint16', since: 2, about: 'Port that clients connect to.' },
})

const node = message({
  nodeId: { type: 'int32', since: 2, about: 'Id of the node.' },
  listeners: { type: array(listener), since: 2, about: 'Each way to reach it.' },
})

export const describeQuorum = api({
  key: 55,
  name: 'DescribeQuorum',
  about: 'Tells the state of the metadata quorum (KIP-595, KIP-836, KIP-853).',
  versions: [0, 2],
  flexibleSince: 0,
  request: message({
    topics: { type: array(topicData), about: 'Topics of interest; in effect the metadata log.' },
  }),
  response: message({
    errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
    errorMessage: { type: 'string', since: 2, nullableSince: 2, ignorable: true, about: 'What went wrong, in words.' },
    topics: { type: array(topicDataResult), about: 'State, by topic.' },
    nodes: { type: array(node), since: 2, about: 'Where the voters are reached.' },
  }),
})
