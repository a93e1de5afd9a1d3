import { api } from '../../codec/api.ts'
import { array, message } from '../../codec/message.ts'

const deleteTopicState = message({
  name: {
    type: 'string',
    since: 6,
    nullableSince: 6,
    default: null,
    about: 'Name of the topic, null if the id is given.',
  },
  topicId: { type: 'uuid', since: 6, about: 'Id of the topic, all zero if the name is given.' },
})

const deletableTopicResult = message({
  name: { type: 'string', nullableSince: 6, about: 'Name of the topic, null if an id was given that nobody knows.' },
  topicId: { type: 'uuid', since: 6, ignorable: true, about: 'Id of the topic.' },
  errorCode: { type: 'int16', about: '0, or the number of what went wrong.' },
  errorMessage: {
    type: 'string',
    since: 5,
    nullableSince: 5,
    default: null,
    ignorable: true,
    about: 'What went wrong, in words.',
  },
})

export const deleteTopics = api({
  key: 20,
  name: 'DeleteTopics',
  about: 'Deletes topics, by id too since version 6 (KIP-516).',
  versions: [1, 6],
  flexibleSince: 4,
  request: message({
    topics: { type: array(deleteTopicState), since: 6, about: 'Topics to delete, each by name or by id.' },
    topicNames: { type: array('string'), until: 5, ignorable: true, about: 'Names of the topics to delete.' },
    timeoutMs: { type: 'int32', about: 'How long the broker may take, in milliseconds.' },
  }),
  response: message({
    throttleTimeMs: {
      type: 'int32',
      about: 'How long the client should wait before its next request, in milliseconds; 0: not throttled.',
    },
    responses: { type: array(deletableTopicResult), about: 'What became of each topic.' },
  }),
})
