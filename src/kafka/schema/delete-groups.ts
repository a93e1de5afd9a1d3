import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const deletableGroupResult = message({
  groupId: { type: 'string', about: 'Name of the group.' },
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
})

export const deleteGroups = api({
  key: 42,
  name: 'DeleteGroups',
  about: 'Deletes groups that have no members (KIP-229).',
  versions: [0, 2],
  flexibleSince: 2,
  request: message({
    groupsNames: { type: array('string'), about: 'Names of the groups.' },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    results: { type: array(deletableGroupResult), about: 'What became of each group.' },
  }),
})
