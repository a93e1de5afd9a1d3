import { api } from '../../codec/api.ts'
import { message } from '../../codec/message.ts'

export const heartbeat = api({
  key: 12,
  name: 'Heartbeat',
  about: 'Keeps a member in its group and tells it of a rebalance.',
  versions: [0, 4],
  flexibleSince: 4,
  request: message({
    groupId: { type: 'string', about: 'Name of the group.' },
    generationId: { type: 'int32', about: "Number of the group's generation." },
    memberId: { type: 'string', about: 'Id that the coordinator gave the member.' },
    groupInstanceId: {
      type: 'string',
      since: 3,
      nullableSince: 3,
      default: null,
      about: 'Name that a static member keeps over restarts (KIP-345), null for a dynamic one.',
    },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      since: 1,
      ignorable: true,
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
  }),
})
