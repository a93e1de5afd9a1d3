import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const coordinator = message({
  key: { type: 'string', since: 4, about: 'Group or transactional id.' },
  nodeId: { type: 'int32', since: 4, about: 'Broker that coordinates, -1 after an error.' },
  host: { type: 'string', since: 4, about: 'Host that clients connect to.' },
  port: { type: 'int32', since: 4, about: 'Port that clients connect to.' },
  errorCode: { type: 'int16', since: 4, about: '0, or the number of what went wrong.' },
  errorMessage: { type: 'string', since: 4, nullableSince: 4, ignorable: true, about: 'What went wrong, in words.' },
})

export const findCoordinator = api({
  key: 10,
  name: 'FindCoordinator',
  about: 'Tells which broker coordinates groups or transactions; of several at once since version 4 (KIP-699).',
  versions: [0, 6],
  flexibleSince: 3,
  request: message({
    key: { type: 'string', until: 3, about: 'Group or transactional id to find the coordinator of.' },
    keyType: { type: 'int8', since: 1, about: 'What the keys are: 0 groups, 1 transactional ids, 2 share groups.' },
    coordinatorKeys: {
      type: array('string'),
      since: 4,
      about: 'Groups or transactional ids to find the coordinators of.',
    },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      since: 1,
      ignorable: true,
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    errorCode: { type: 'int16', until: 3, about: '0, or the number of what went wrong.' },
    errorMessage: {
      type: 'string',
      since: 1,
      until: 3,
      nullableSince: 1,
      ignorable: true,
      about: 'What went wrong, in words.',
    },
    nodeId: { type: 'int32', until: 3, about: 'Broker that coordinates, -1 after an error.' },
    host: { type: 'string', until: 3, about: 'Host that clients connect to.' },
    port: { type: 'int32', until: 3, about: 'Port that clients connect to.' },
    coordinators: { type: array(coordinator), since: 4, about: 'What was found, by key.' },
  }),
})
