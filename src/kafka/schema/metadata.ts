import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const metadataRequestTopic = message({
  topicId: { type: 'uuid', since: 10, ignorable: true, about: 'Id of the topic.' },
  name: { type: 'string', nullableSince: 10, about: 'Name of the topic, null if it is asked by id.' },
})

const metadataResponseBroker = message({
  nodeId: { type: 'int32', about: 'Id of the broker.' },
  host: { type: 'string', about: 'Host that clients connect to.' },
  port: { type: 'int32', about: 'Port that clients connect to.' },
  rack: {
    type: 'string',
    since: 1,
    nullableSince: 1,
    default: null,
    ignorable: true,
    about: 'Rack of the broker, if it has one.',
  },
})

const metadataResponsePartition = message({
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
  partitionIndex: { type: 'int32', about: 'Partition within the topic.' },
  leaderId: { type: 'int32', about: 'Broker that leads, -1 if none is known.' },
  leaderEpoch: {
    type: 'int32',
    since: 7,
    default: -1,
    ignorable: true,
    about: 'Number of the leadership, -1 if unknown.',
  },
  replicaNodes: { type: array('int32'), about: 'Brokers that hold a replica, the preferred leader first.' },
  isrNodes: { type: array('int32'), about: 'Brokers whose replica is in sync.' },
  offlineReplicas: {
    type: array('int32'),
    since: 5,
    ignorable: true,
    about: 'Brokers whose replica cannot be reached.',
  },
})

const metadataResponseTopic = message({
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
  name: { type: 'string', nullableSince: 12, about: 'Name of the topic, null if an id was asked that nobody knows.' },
  topicId: { type: 'uuid', since: 10, ignorable: true, about: 'Id of the topic.' },
  isInternal: { type: 'bool', since: 1, ignorable: true, about: 'Whether the broker made the topic for its own use.' },
  partitions: { type: array(metadataResponsePartition), about: 'Each partition.' },
  topicAuthorizedOperations: {
    type: 'int32',
    since: 8,
    default: -2147483648,
    about: 'Bits of what the client may do with the topic; the lowest number if it was not asked.',
  },
})

export const metadata = api({
  key: 3,
  name: 'Metadata',
  about: 'Tells brokers, topics, partitions and their leaders. Version 10 and 12 bring topic ids (KIP-516).',
  versions: [0, 13],
  flexibleSince: 9,
  request: message({
    topics: {
      type: array(metadataRequestTopic),
      nullableSince: 1,
      about: 'Topics to tell about; null (in version 0 none) for all.',
    },
    allowAutoTopicCreation: {
      type: 'bool',
      since: 4,
      default: true,
      about: 'Whether the broker may make topics that are missing, if it is set up to.',
    },
    includeClusterAuthorizedOperations: {
      type: 'bool',
      since: 8,
      until: 10,
      about: 'Whether to tell what the client may do with the cluster.',
    },
    includeTopicAuthorizedOperations: {
      type: 'bool',
      since: 8,
      about: 'Whether to tell what the client may do with each topic.',
    },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      since: 3,
      ignorable: true,
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    brokers: { type: array(metadataResponseBroker), about: 'All brokers that are alive.' },
    clusterId: {
      type: 'string',
      since: 2,
      nullableSince: 2,
      default: null,
      ignorable: true,
      about: 'Id of the cluster.',
    },
    controllerId: {
      type: 'int32',
      since: 1,
      default: -1,
      ignorable: true,
      about: 'Broker that administrative requests go to, -1 if none.',
    },
    topics: { type: array(metadataResponseTopic), about: 'Each topic.' },
    clusterAuthorizedOperations: {
      type: 'int32',
      since: 8,
      until: 10,
      default: -2147483648,
      about: 'Bits of what the client may do with the cluster; the lowest number if it was not asked.',
    },
    errorCode: { type: 'int16', since: 13, ignorable: true, about: '0, or the number of what went wrong.' },
  }),
})
