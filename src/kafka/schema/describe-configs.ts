import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const describeConfigsResource = message({
  resourceType: {
    type: 'int8',
    about: 'What the settings belong to: 2 topic, 4 broker, 8 broker loggers, 16 client metrics, 32 group.',
  },
  resourceName: { type: 'string', about: 'Topic, broker id or other name; the empty broker stands for all brokers.' },
  configurationKeys: { type: array('string'), nullableSince: 0, about: 'Names of settings of interest; null for all.' },
})

const describeConfigsSynonym = message({
  name: { type: 'string', about: 'Name of the setting there.' },
  value: { type: 'string', nullableSince: 0, about: 'Value there.' },
  source: { type: 'int8', about: 'Where it comes from, in the same numbers.' },
})

const describeConfigsResourceResult = message({
  name: { type: 'string', about: 'Name of the setting.' },
  value: { type: 'string', nullableSince: 0, about: 'Value of the setting, null for a secret.' },
  readOnly: { type: 'bool', about: 'Whether it cannot be changed while the broker runs.' },
  configSource: {
    type: 'int8',
    default: -1,
    about: 'Where the value comes from: 1 topic, 2 and 3 dynamic broker settings, 4 static, 5 default.',
  },
  isSensitive: { type: 'bool', about: 'Whether the value is a secret, which is then left out.' },
  synonyms: {
    type: array(describeConfigsSynonym),
    about: 'Values in the order in which they would count, the one in force first.',
  },
  configType: {
    type: 'int8',
    since: 3,
    ignorable: true,
    about: '1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class, 9 password.',
  },
  documentation: { type: 'string', since: 3, nullableSince: 0, ignorable: true, about: 'What the setting means.' },
})

const describeConfigsResult = message({
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
  errorMessage: { type: 'string', nullableSince: 0, about: 'What went wrong, in words.' },
  resourceType: {
    type: 'int8',
    about: 'What the settings belong to: 2 topic, 4 broker, 8 broker loggers, 16 client metrics, 32 group.',
  },
  resourceName: { type: 'string', about: 'Topic, broker id or other name; the empty broker stands for all brokers.' },
  configs: { type: array(describeConfigsResourceResult), about: 'Each setting.' },
})

export const describeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  about: 'Tells settings, where they come from (KIP-226), and since version 3 their types and documentation (KIP-569).',
  versions: [1, 4],
  flexibleSince: 4,
  request: message({
    resources: { type: array(describeConfigsResource), about: 'What to tell the settings of.' },
    includeSynonyms: { type: 'bool', about: 'Whether to tell where else each setting could come from.' },
    includeDocumentation: { type: 'bool', since: 3, about: 'Whether to tell what each setting means.' },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    results: { type: array(describeConfigsResult), about: 'Settings of each resource.' },
  }),
})
