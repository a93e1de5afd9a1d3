import { api } from '../../../codec/api.ts'
import { array, message } from '../../../codec/message.ts'

export const alterBrokerGroup = api({
  key: 20_000,
  name: 'AlterBrokerGroup',
  about: 'Makes a broker group, or deletes one that no topic is dealt over.',
  versions: [0, 0],
  flexibleSince: 0,
  request: message({
    name: { type: 'string', about: 'Name of the group.' },
    members: {
      type: array('int32'),
      nullableSince: 0,
      default: null,
      about: 'Ids of its brokers, the primary first; null: the group is to be deleted.',
    },
  }),
  response: message({
    errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
    errorMessage: { type: 'string', nullableSince: 0, default: null, about: 'What went wrong, in words.' },
  }),
})
