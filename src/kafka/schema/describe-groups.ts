import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const describedGroupMember = message({
  memberId: { type: 'string', about: 'Id that the coordinator gave the member.' },
  groupInstanceId: {
    type: 'string',
    since: 4,
    nullableSince: 4,
    default: null,
    ignorable: true,
    about: 'Name that a static member keeps over restarts (KIP-345), null for a dynamic one.',
  },
  clientId: { type: 'string', about: "What the member's client calls itself." },
  clientHost: { type: 'string', about: "Where the member's client runs." },
  memberMetadata: { type: 'bytes', about: 'What the member said of itself.' },
  memberAssignment: { type: 'bytes', about: 'What the member is to read.' },
})

const describedGroup = message({
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
  errorMessage: { type: 'string', since: 6, nullableSince: 6, default: null, about: 'What went wrong, in words.' },
  groupId: { type: 'string', about: 'Name of the group.' },
  groupState: {
    type: 'string',
    about: 'State of the group: Empty, PreparingRebalance, CompletingRebalance, Stable or Dead.',
  },
  protocolType: { type: 'string', about: 'What kind of group it is, empty if it has never had members.' },
  protocolData: { type: 'string', about: 'Way of assignment in use, empty if none is.' },
  members: { type: array(describedGroupMember), about: 'Each member.' },
  authorizedOperations: {
    type: 'int32',
    since: 3,
    default: -2147483648,
    about: 'Bits of what the client may do with the group; the lowest number if it was not asked.',
  },
})

export const describeGroups = api({
  key: 15,
  name: 'DescribeGroups',
  about: 'Tells the members of groups. Version 6 answers with GROUP_ID_NOT_FOUND (KIP-1043).',
  versions: [0, 6],
  flexibleSince: 5,
  request: message({
    groups: { type: array('string'), about: 'Names of the groups.' },
    includeAuthorizedOperations: {
      type: 'bool',
      since: 3,
      about: 'Whether to tell what the client may do with each group.',
    },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      since: 1,
      ignorable: true,
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    groups: { type: array(describedGroup), about: 'Each group.' },
  }),
})
