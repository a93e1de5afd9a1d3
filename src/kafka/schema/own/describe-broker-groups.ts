import { api } from '../../../codec/api.ts'
import { array, message } from '../../../codec/message.ts'

const group = message({
  name: { type: 'string', about: 'Name of the group.' },
  members: { type: array('int32'), about: 'Ids of its brokers, the primary first.' },
  topics: { type: array('string'), about: 'Topics whose partitions are dealt over it.' },
})

export const describeBrokerGroups = api({
  key: 20_001,
  name: 'DescribeBrokerGroups',
  about: 'Tells the broker groups of the cluster, by name.',
  versions: [0, 0],
  flexibleSince: 0,
  request: message({}),
  response: message({
    groups: { type: array(group), about: 'All there are.' },
  }),
})
