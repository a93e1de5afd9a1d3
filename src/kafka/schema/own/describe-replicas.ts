import { api } from '../../../codec/api.ts'
import { array, message } from '../../../codec/message.ts'

const partition = message({
  partition: { type: 'int32', about: 'Partition within the topic.' },
  leads: { type: 'bool', about: 'Whether this replica leads.' },
  leader: { type: 'int32', about: 'Who leads, as far as this replica knows; -1: nobody.' },
  leaderEpoch: { type: 'int32', about: 'In which epoch.' },
  logStartOffset: { type: 'int64', about: 'First offset that it has.' },
  logEndOffset: { type: 'int64', about: 'The offset that its next entry will get.' },
  highWatermark: { type: 'int64', about: 'Everything below is committed, as far as it knows.' },
  suspect: { type: 'bool', about: 'It may have lost what it had, and counts for nothing until it has caught up.' },
  group: {
    type: 'string',
    nullableSince: 0,
    default: null,
    about: 'The broker group that the partition was dealt to.',
  },
})

const topic = message({
  name: { type: 'string', about: 'Name of the topic.' },
  partitions: { type: array(partition), about: 'Those that the broker has a replica of.' },
})

export const describeReplicas = api({
  key: 20_002,
  name: 'DescribeReplicas',
  about: 'Tells how far the replicas are that the asked broker has.',
  versions: [0, 0],
  flexibleSince: 0,
  request: message({
    topics: { type: array('string'), nullableSince: 0, default: null, about: 'Names of topics; null: all.' },
  }),
  response: message({
    brokerId: { type: 'int32', about: 'Id of the broker.' },
    topics: { type: array(topic), about: 'Those of the topics that it has replicas of.' },
  }),
})
