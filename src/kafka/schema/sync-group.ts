import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const syncGroupRequestAssignment = message({
  memberId: { type: 'string', about: 'Id that the coordinator gave the member.' },
  assignment: { type: 'bytes', about: 'What the member is to read; the broker does not look inside.' },
})

export const syncGroup = api({
  key: 14,
  name: 'SyncGroup',
  about: 'Hands over the assignments, as the leader, and gets back the own one.',
  versions: [0, 5],
  flexibleSince: 4,
  request: message({
    groupId: { type: 'string', about: 'Name of the group.' },
    generationId: { type: 'int32', about: "Number of the group's generation." },
    memberId: { type: 'string', about: 'Id that the coordinator gave the member.' },
    groupInstanceId: {
      type: 'string',
      since: 3,
      nullableSince: 3,
      default: null,
      about: 'Name that a static member keeps over restarts (KIP-345), null for a dynamic one.',
    },
    protocolType: {
      type: 'string',
      since: 5,
      nullableSince: 5,
      default: null,
      ignorable: true,
      about: 'What kind of group the member believes it to be.',
    },
    protocolName: {
      type: 'string',
      since: 5,
      nullableSince: 5,
      default: null,
      ignorable: true,
      about: 'Way of assignment that the member believes to be chosen.',
    },
    assignments: {
      type: array(syncGroupRequestAssignment),
      about: 'One for each member, from the leader; empty from the others.',
    },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      since: 1,
      ignorable: true,
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
    protocolType: {
      type: 'string',
      since: 5,
      nullableSince: 5,
      default: null,
      ignorable: true,
      about: 'What kind of group it is.',
    },
    protocolName: {
      type: 'string',
      since: 5,
      nullableSince: 5,
      default: null,
      ignorable: true,
      about: 'Way of assignment that was chosen.',
    },
    assignment: { type: 'bytes', about: 'What the member is to read; the broker does not look inside.' },
  }),
})
