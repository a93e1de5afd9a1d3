import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const joinGroupRequestProtocol = message({
  name: { type: 'string', about: 'Name of the way of assignment.' },
  metadata: {
    type: 'bytes',
    about: 'What the assigning member has to know of this one; the broker does not look inside.',
  },
})

const joinGroupResponseMember = message({
  memberId: { type: 'string', about: 'Id that the coordinator gave the member.' },
  groupInstanceId: {
    type: 'string',
    since: 5,
    nullableSince: 5,
    default: null,
    ignorable: true,
    about: 'Name that a static member keeps over restarts (KIP-345), null for a dynamic one.',
  },
  metadata: { type: 'bytes', about: 'What the member said of itself under the chosen way of assignment.' },
})

export const joinGroup = api({
  key: 11,
  name: 'JoinGroup',
  about:
    'Joins a group of the classic protocol. Version 4 demands a member id (KIP-394), 5 knows static members (KIP-345).',
  versions: [0, 9],
  flexibleSince: 6,
  request: message({
    groupId: { type: 'string', about: 'Name of the group.' },
    sessionTimeoutMs: {
      type: 'int32',
      about: 'Without a heartbeat for so long the member is taken for dead, in milliseconds.',
    },
    rebalanceTimeoutMs: {
      type: 'int32',
      since: 1,
      default: -1,
      ignorable: true,
      about: 'How long the others wait for this member to join again, in milliseconds; -1: the session timeout.',
    },
    memberId: { type: 'string', about: 'Id that the coordinator gave the member, empty at first.' },
    groupInstanceId: {
      type: 'string',
      since: 5,
      nullableSince: 5,
      default: null,
      about: 'Name that a static member keeps over restarts (KIP-345), null for a dynamic one.',
    },
    protocolType: { type: 'string', about: 'What kind of group it is, for consumers `consumer`.' },
    protocols: {
      type: array(joinGroupRequestProtocol),
      about: 'Ways of assignment that the member knows, the best first.',
    },
    reason: {
      type: 'string',
      since: 8,
      nullableSince: 8,
      default: null,
      ignorable: true,
      about: 'Why it joins, for the log (KIP-800).',
    },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      since: 2,
      ignorable: true,
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
    generationId: { type: 'int32', default: -1, about: "Number of the group's generation." },
    protocolType: {
      type: 'string',
      since: 7,
      nullableSince: 7,
      default: null,
      ignorable: true,
      about: 'What kind of group it is, null after an error.',
    },
    protocolName: {
      type: 'string',
      nullableSince: 7,
      about: 'Way of assignment that the members agreed on, null if there is none.',
    },
    leader: { type: 'string', about: 'Member that makes the assignment.' },
    skipAssignment: {
      type: 'bool',
      since: 9,
      about: 'Whether the leader is to keep the assignment that there is (KIP-814).',
    },
    memberId: { type: 'string', about: 'Id that the coordinator gave the member.' },
    members: { type: array(joinGroupResponseMember), about: 'All members, for the leader; empty for the others.' },
  }),
})
