import { api } from '../../codec/api.ts'
import { message } from '../../codec/message.ts'

export const initProducerId = api({
  key: 22,
  name: 'InitProducerId',
  about: 'Gives a producer its id and epoch (KIP-98, KIP-360).',
  versions: [0, 5],
  flexibleSince: 2,
  request: message({
    transactionalId: {
      type: 'string',
      nullableSince: 0,
      about: 'Name of the transactional producer, null for any other.',
    },
    transactionTimeoutMs: { type: 'int32', about: 'How long a transaction may stay open, in milliseconds.' },
    producerId: {
      type: 'int64',
      since: 3,
      default: -1,
      about: 'Id that the producer has already, -1 if none (KIP-360).',
    },
    producerEpoch: { type: 'int16', since: 3, default: -1, about: 'Epoch that the producer has already, -1 if none.' },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
    producerId: { type: 'int64', default: -1, about: 'Id that the producer uses from now on, -1 after an error.' },
    producerEpoch: { type: 'int16', about: 'Epoch that the producer uses from now on.' },
  }),
})
