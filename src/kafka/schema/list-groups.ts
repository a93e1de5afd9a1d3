import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const listedGroup = message({
  groupId: { type: 'string', about: 'Name of the group.' },
  protocolType: { type: 'string', about: 'What kind of group it is, empty if it has never had members.' },
  groupState: { type: 'string', since: 4, ignorable: true, about: 'State of the group.' },
  groupType: { type: 'string', since: 5, ignorable: true, about: 'Protocol that it runs, classic for instance.' },
})

export const listGroups = api({
  key: 16,
  name: 'ListGroups',
  about: 'Lists the groups that the broker coordinates, since version 4 by state (KIP-518), since 5 by type (KIP-848).',
  versions: [0, 5],
  flexibleSince: 3,
  request: message({
    statesFilter: { type: array('string'), since: 4, about: 'States of interest; empty for all.' },
    typesFilter: {
      type: array('string'),
      since: 5,
      about: 'Types of interest: classic, consumer, share or streams; empty for all.',
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
    groups: { type: array(listedGroup), about: 'Each group.' },
  }),
})
