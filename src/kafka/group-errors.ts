import type { GroupRefusalCode } from '../consumer-group/group-refusal.ts'
import { kafkaErrors } from './errors.ts'

const groupErrors = {
  ok: kafkaErrors.NONE.code,
  'not-coordinator': kafkaErrors.NOT_COORDINATOR.code,
  'coordinator-loading': kafkaErrors.COORDINATOR_LOAD_IN_PROGRESS.code,
  'coordinator-not-available': kafkaErrors.COORDINATOR_NOT_AVAILABLE.code,
  'invalid-group-id': kafkaErrors.INVALID_GROUP_ID.code,
  'invalid-session-timeout': kafkaErrors.INVALID_SESSION_TIMEOUT.code,
  'unknown-member': kafkaErrors.UNKNOWN_MEMBER_ID.code,
  'member-id-required': kafkaErrors.MEMBER_ID_REQUIRED.code,
  'fenced-instance': kafkaErrors.FENCED_INSTANCE_ID.code,
  'inconsistent-protocol': kafkaErrors.INCONSISTENT_GROUP_PROTOCOL.code,
  'group-full': kafkaErrors.GROUP_MAX_SIZE_REACHED.code,
  // Kafka has no bound here and no code for it. This one is final for clients, as it must be.
  'metadata-too-large': kafkaErrors.INVALID_REQUEST.code,
  'illegal-generation': kafkaErrors.ILLEGAL_GENERATION.code,
  'rebalance-in-progress': kafkaErrors.REBALANCE_IN_PROGRESS.code,
  'group-not-found': kafkaErrors.GROUP_ID_NOT_FOUND.code,
  'group-not-empty': kafkaErrors.NON_EMPTY_GROUP.code,
  'group-subscribed': kafkaErrors.GROUP_SUBSCRIBED_TO_TOPIC.code,
  'offset-metadata-too-large': kafkaErrors.OFFSET_METADATA_TOO_LARGE.code,
  'commit-too-large': kafkaErrors.INVALID_COMMIT_OFFSET_SIZE.code,
  'unknown-topic': kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code,
  'unknown-topic-id': kafkaErrors.UNKNOWN_TOPIC_ID.code,
  // Kafka's own answer: the members can do nothing about the size of their group's record.
  'group-too-large': kafkaErrors.UNKNOWN_SERVER_ERROR.code,
} as const satisfies Record<'ok' | GroupRefusalCode, number>

/** What a group's answer is called in Kafka's protocol. */
export function groupErrorOf(code: 'ok' | GroupRefusalCode): number {
  return groupErrors[code]
}
