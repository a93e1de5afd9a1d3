import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const describeClusterBroker = message({
  brokerId: { type: 'int32', about: 'Id of the node.' },
  host: { type: 'string', about: 'Host that clients connect to.' },
  port: { type: 'int32', about: 'Port that clients connect to.' },
  rack: { type: 'string', nullableSince: 0, default: null, about: 'Rack of the broker, if it has one.' },
  isFenced: { type: 'bool', since: 2, about: 'Whether it is registered but not alive.' },
})

export const describeCluster = api({
  key: 60,
  name: 'DescribeCluster',
  about:
    'Tells the brokers or controllers of the cluster (KIP-700, KIP-919), fenced ones too since version 2 (KIP-1073).',
  versions: [0, 2],
  flexibleSince: 0,
  request: message({
    includeClusterAuthorizedOperations: {
      type: 'bool',
      about: 'Whether to tell what the client may do with the cluster.',
    },
    endpointType: { type: 'int8', since: 1, default: 1, about: 'Whom to tell about: 1 brokers, 2 controllers.' },
    includeFencedBrokers: {
      type: 'bool',
      since: 2,
      about: 'Whether to tell about brokers that are registered but not alive.',
    },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
    errorMessage: { type: 'string', nullableSince: 0, default: null, about: 'What went wrong, in words.' },
    endpointType: { type: 'int8', since: 1, default: 1, about: 'Who is told about: 1 brokers, 2 controllers.' },
    clusterId: { type: 'string', about: 'Id of the cluster.' },
    controllerId: {
      type: 'int32',
      default: -1,
      about: 'Broker that administrative requests go to, or the controller in charge; -1 if none.',
    },
    brokers: { type: array(describeClusterBroker), about: 'Each broker or controller.' },
    clusterAuthorizedOperations: {
      type: 'int32',
      default: -2147483648,
      about: 'Bits of what the client may do with the cluster; the lowest number if it was not asked.',
    },
  }),
})
