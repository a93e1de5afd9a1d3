import { api } from '../../../codec/api.ts'
import { array, message } from '../../../codec/message.ts'

const promoted = message({
  topic: { type: 'string', about: 'Name of the topic.' },
  partition: { type: 'int32', about: 'Partition within it.' },
  leaderEpoch: { type: 'int32', default: -1, about: 'In which epoch the promoted one leads; -1: it does not.' },
  leads: { type: 'bool', default: false, about: 'False: it does as soon as it has all that was acknowledged.' },
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
  errorMessage: { type: 'string', nullableSince: 0, default: null, about: 'What went wrong, in words.' },
})

export const promoteReplica = api({
  key: 20_003,
  name: 'PromoteReplica',
  about: 'Has a backup take the place of a primary: of one partition, or of all that are dealt to a broker group.',
  versions: [0, 0],
  flexibleSince: 0,
  request: message({
    group: { type: 'string', nullableSince: 0, default: null, about: 'Name of a broker group; null: one partition.' },
    topic: { type: 'string', default: '', about: 'Name of the topic, where no group is given.' },
    partition: { type: 'int32', default: -1, about: 'Partition within it.' },
    brokerId: { type: 'int32', about: 'The broker whose replica is to lead.' },
    unclean: { type: 'bool', about: 'Also where acknowledged records may be lost; a receipt says so then.' },
  }),
  response: message({
    errorCode: { type: 'int16', about: '0, or the number of what went wrong with all of it.' },
    errorMessage: { type: 'string', nullableSince: 0, default: null, about: 'What went wrong, in words.' },
    partitions: { type: array(promoted), about: 'What came of each.' },
  }),
})
