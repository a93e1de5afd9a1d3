import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const memberIdentity = message({
  memberId: { type: 'string', since: 3, about: 'Id that the coordinator gave the member.' },
  groupInstanceId: {
    type: 'string',
    since: 3,
    nullableSince: 3,
    default: null,
    about: 'Name that a static member keeps over restarts (KIP-345), null for a dynamic one.',
  },
  reason: {
    type: 'string',
    since: 5,
    nullableSince: 5,
    default: null,
    ignorable: true,
    about: 'Why it leaves, for the log (KIP-800).',
  },
})

const memberResponse = message({
  memberId: { type: 'string', since: 3, about: 'Id that the coordinator gave the member.' },
  groupInstanceId: {
    type: 'string',
    since: 3,
    nullableSince: 3,
    about: 'Name that a static member keeps over restarts (KIP-345), null for a dynamic one.',
  },
  errorCode: { type: 'int16', since: 3, about: '0, or the number of what went wrong.' },
})

export const leaveGroup = api({
  key: 13,
  name: 'LeaveGroup',
  about: 'Leaves a group; several members at once since version 3.',
  versions: [0, 5],
  flexibleSince: 4,
  request: message({
    groupId: { type: 'string', about: 'Name of the group.' },
    memberId: { type: 'string', until: 2, about: 'Id that the coordinator gave the member.' },
    members: { type: array(memberIdentity), since: 3, about: 'Who leaves.' },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      since: 1,
      ignorable: true,
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
    members: { type: array(memberResponse), since: 3, about: 'What became of each.' },
  }),
})
