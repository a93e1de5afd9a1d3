import { api } from '../../../codec/api.ts'
import { message } from '../../../codec/message.ts'

export const changeReplica = api({
  key: 20_004,
  name: 'ChangeReplica',
  about: 'Has a partition get a replica more, or one less.',
  versions: [0, 0],
  flexibleSince: 0,
  request: message({
    topic: { type: 'string', about: 'Name of the topic.' },
    partition: { type: 'int32', about: 'Partition within it.' },
    brokerId: { type: 'int32', about: 'The broker that is to hold a replica, or not to.' },
    add: { type: 'bool', about: 'Whether it is to.' },
  }),
  response: message({
    errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
    errorMessage: { type: 'string', nullableSince: 0, default: null, about: 'What went wrong, in words.' },
    changed: { type: 'bool', default: false, about: 'False: it was so already.' },
  }),
})
