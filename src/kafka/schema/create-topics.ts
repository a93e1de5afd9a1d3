import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const creatableReplicaAssignment = message({
  partitionIndex: { type: 'int32', about: 'Partition within the topic.' },
  brokerIds: { type: array('int32'), about: 'Brokers of the replicas, the preferred leader first.' },
})

const creatableTopicConfig = message({
  name: { type: 'string', about: 'Name of the setting.' },
  value: { type: 'string', nullableSince: 0, about: 'Value of the setting.' },
})

const creatableTopic = message({
  name: { type: 'string', about: 'Name of the topic.' },
  numPartitions: { type: 'int32', about: 'Count of partitions; -1 for the default, or where assignments are given.' },
  replicationFactor: {
    type: 'int16',
    about: 'Replicas of each partition; -1 for the default, or where assignments are given.',
  },
  assignments: {
    type: array(creatableReplicaAssignment),
    about: 'Which brokers hold each partition; empty to let the cluster choose.',
  },
  configs: { type: array(creatableTopicConfig), about: 'Settings of the topic.' },
})

const creatableTopicConfigs = message({
  name: { type: 'string', since: 5, about: 'Name of the setting.' },
  value: { type: 'string', since: 5, nullableSince: 5, about: 'Value of the setting.' },
  readOnly: { type: 'bool', since: 5, about: 'Whether it cannot be changed.' },
  configSource: {
    type: 'int8',
    since: 5,
    default: -1,
    ignorable: true,
    about: 'Where the value comes from: 1 topic, 2 and 3 dynamic broker settings, 4 static, 5 default.',
  },
  isSensitive: { type: 'bool', since: 5, about: 'Whether the value is a secret, which is then left out.' },
})

const creatableTopicResult = message({
  name: { type: 'string', about: 'Name of the topic.' },
  topicId: { type: 'uuid', since: 7, ignorable: true, about: 'Id of the topic.' },
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
  errorMessage: { type: 'string', nullableSince: 0, about: 'What went wrong, in words.' },
  topicConfigErrorCode: {
    type: 'int16',
    since: 5,
    tagged: { tag: 0, since: 5 },
    ignorable: true,
    about: 'Why the settings are not told, if they are not.',
  },
  numPartitions: { type: 'int32', since: 5, default: -1, ignorable: true, about: 'Count of partitions that it has.' },
  replicationFactor: { type: 'int16', since: 5, default: -1, ignorable: true, about: 'Replicas of each partition.' },
  configs: {
    type: array(creatableTopicConfigs),
    since: 5,
    nullableSince: 5,
    ignorable: true,
    about: 'Settings that the topic has.',
  },
})

export const createTopics = api({
  key: 19,
  name: 'CreateTopics',
  about:
    'Makes topics. Since version 4 -1 stands for the default of partitions and replicas (KIP-464); 7 answers with the id.',
  versions: [2, 7],
  flexibleSince: 5,
  request: message({
    topics: { type: array(creatableTopic), about: 'Topics to make.' },
    timeoutMs: { type: 'int32', default: 60000, about: 'How long the broker may take, in milliseconds.' },
    validateOnly: { type: 'bool', about: 'Check and answer, but change nothing.' },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    topics: { type: array(creatableTopicResult), about: 'What became of each topic.' },
  }),
})
