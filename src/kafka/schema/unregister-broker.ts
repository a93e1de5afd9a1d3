import { api } from '../../codec/api.ts'
import { message } from '../../codec/message.ts'

export const unregisterBroker = api({
  key: 64,
  name: 'UnregisterBroker',
  about: 'Takes a broker that is gone for good off the list (KIP-631).',
  versions: [0, 0],
  flexibleSince: 0,
  request: message({
    brokerId: { type: 'int32', about: 'Id of the broker.' },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
    errorMessage: { type: 'string', nullableSince: 0, default: '', about: 'What went wrong, in words.' },
  }),
})
