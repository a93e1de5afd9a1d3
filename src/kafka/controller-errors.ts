import type { CreatePartitionsAnswer } from '../metadata/controller/create-partitions.ts'
import type { TopicRefusal } from '../metadata/controller/create-topics.ts'
import type { DeleteTopicsAnswer } from '../metadata/controller/delete-topics.ts'
import { kafkaErrors } from './errors.ts'

type Codes =
  | TopicRefusal['code']
  | Exclude<CreatePartitionsAnswer[number]['outcome']['code'], 'created'>
  | Exclude<DeleteTopicsAnswer[number]['code'], 'deleted'>

/** What the controller's refusals are called in Kafka's protocol. */
export const refusedTopicErrors = {
  'topic-exists': kafkaErrors.TOPIC_ALREADY_EXISTS.code,
  'invalid-topic': kafkaErrors.INVALID_TOPIC_EXCEPTION.code,
  'invalid-partitions': kafkaErrors.INVALID_PARTITIONS.code,
  'invalid-replication-factor': kafkaErrors.INVALID_REPLICATION_FACTOR.code,
  'invalid-assignment': kafkaErrors.INVALID_REPLICA_ASSIGNMENT.code,
  'invalid-config': kafkaErrors.INVALID_CONFIG.code,
  'invalid-request': kafkaErrors.INVALID_REQUEST.code,
  'too-many-partitions': kafkaErrors.POLICY_VIOLATION.code,
  'unknown-topic': kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code,
  'unknown-topic-id': kafkaErrors.UNKNOWN_TOPIC_ID.code,
} as const satisfies Record<Codes, number>
