import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const configResource = message({
  resourceName: { type: 'string', about: 'Topic, broker id or other name; the empty broker stands for all brokers.' },
  resourceType: { type: 'int8', since: 1, default: 16, ignorable: true, about: 'What it is, as in DescribeConfigs.' },
})

export const listConfigResources = api({
  key: 74,
  name: 'ListConfigResources',
  about: 'Lists what has settings of its own (KIP-1142); version 0 knew client metrics only (KIP-714).',
  versions: [0, 1],
  flexibleSince: 0,
  request: message({
    resourceTypes: { type: array('int8'), since: 1, about: 'Types of interest, as in DescribeConfigs; empty for all.' },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
    configResources: { type: array(configResource), about: 'Each resource.' },
  }),
})
