import type { Broker } from '../../broker/broker.ts'
import { zeroUuid } from '../../codec/uuid.ts'
import type { TopicKey } from '../../metadata/controller/delete-topics.ts'
import { refusedTopicErrors } from '../controller-errors.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { deleteTopics } from '../schema/delete-topics.ts'
import { unavailable, unlessUnavailable } from '../unless-unavailable.ts'

/** Deletes topics. Versions 1 to 6: v4 is flexible, v5 has messages, v6 takes ids. */
export const deleteTopicsHandler = (broker: Broker) =>
  handler(deleteTopics, async (request, context) => {
    if (context.version >= 6) {
      const unclear = request.topics.some(({ name, topicId }) => (name === null) === (topicId === zeroUuid))
      if (unclear) return { responses: request.topics.map(unclearAnswer) }
    }
    const keys: TopicKey[] =
      context.version >= 6
        ? request.topics.map(({ name, topicId }) => (name === null ? { id: topicId } : { name }))
        : request.topicNames.map((name) => ({ name }))
    if (!broker.config.deleteTopicEnable) {
      const errorCode = (context.version >= 3 ? kafkaErrors.TOPIC_DELETION_DISABLED : kafkaErrors.INVALID_REQUEST).code
      return { responses: keys.map((key) => ({ name: null, topicId: zeroUuid, ...asked(key), errorCode })) }
    }
    const answers = await unlessUnavailable(broker.coordinator.submit('deleteTopics', keys))
    if (answers === null) {
      return { responses: keys.map((key) => ({ name: null, topicId: zeroUuid, ...asked(key), ...unavailable })) }
    }
    return {
      responses: answers.map(({ name, id, code }) => ({
        name,
        topicId: id ?? zeroUuid,
        errorCode: code === 'deleted' ? kafkaErrors.NONE.code : refusedTopicErrors[code],
        errorMessage: code === 'deleted' ? null : `the topic cannot be deleted: ${code}`,
      })),
    }
  })

const asked = (key: TopicKey) => ('id' in key ? { topicId: key.id } : { name: key.name })

/** A topic is named by its name or by its id; by both or by none, the whole request is refused. */
const unclearAnswer = ({ name, topicId }: { name: string | null; topicId: string }) => ({
  name,
  topicId,
  errorCode: kafkaErrors.INVALID_REQUEST.code,
  errorMessage: 'a topic is named either by its name or by its id',
})
