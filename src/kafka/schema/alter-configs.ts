import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const alterableConfig = message({
  name: { type: 'string', about: 'Name of the setting.' },
  value: { type: 'string', nullableSince: 0, about: 'Value of the setting.' },
})

const alterConfigsResource = message({
  resourceType: {
    type: 'int8',
    about: 'What the settings belong to: 2 topic, 4 broker, 8 broker loggers, 16 client metrics, 32 group.',
  },
  resourceName: { type: 'string', about: 'Topic, broker id or other name; the empty broker stands for all brokers.' },
  configs: {
    type: array(alterableConfig),
    about: 'All settings that it is to have; the others go back to their defaults.',
  },
})

const alterConfigsResourceResponse = message({
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
  errorMessage: { type: 'string', nullableSince: 0, about: 'What went wrong, in words.' },
  resourceType: {
    type: 'int8',
    about: 'What the settings belong to: 2 topic, 4 broker, 8 broker loggers, 16 client metrics, 32 group.',
  },
  resourceName: { type: 'string', about: 'Topic, broker id or other name; the empty broker stands for all brokers.' },
})

export const alterConfigs = api({
  key: 33,
  name: 'AlterConfigs',
  about: 'Replaces all settings of a topic or broker. Clients should use IncrementalAlterConfigs instead.',
  versions: [0, 2],
  flexibleSince: 2,
  request: message({
    resources: { type: array(alterConfigsResource), about: 'What to change.' },
    validateOnly: { type: 'bool', about: 'Check and answer, but change nothing.' },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    responses: { type: array(alterConfigsResourceResponse), about: 'What became of each.' },
  }),
})
