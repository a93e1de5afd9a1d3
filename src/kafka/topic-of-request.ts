import { zeroUuid } from '../codec/uuid.ts'
import type { Broker } from '../broker/broker.ts'
import type { TopicImage } from '../metadata/image.ts'
import { kafkaErrors } from './errors.ts'

/** The topic that a request names by id or by name, as its version has it; or the code of Kafka's error for none such. */
export function topicOfRequest(broker: Broker, key: { name: string; id: string; byId: boolean }): TopicImage | number {
  if (key.byId) {
    const topic = key.id === zeroUuid ? null : broker.image.topicById(key.id)
    return topic ?? kafkaErrors.UNKNOWN_TOPIC_ID.code
  }
  return broker.image.topics.get(key.name) ?? kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code
}
