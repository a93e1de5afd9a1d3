import type { AppendOutcome } from '../broker/append-path.ts'
import type { ReadRefusal } from '../replica/refusal.ts'
import { kafkaErrors } from './errors.ts'

export type RefusalCode = Extract<AppendOutcome, { code: string }>['code'] | ReadRefusal['code']

/** What Trilog's refusals are called in Kafka's protocol. */
export const refusalErrors = {
  'unknown-partition': kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code,
  // Somebody else has it: clients look for the leader anew.
  'not-hosted': kafkaErrors.NOT_LEADER_OR_FOLLOWER.code,
  'not-leader': kafkaErrors.NOT_LEADER_OR_FOLLOWER.code,
  'fenced-leader-epoch': kafkaErrors.FENCED_LEADER_EPOCH.code,
  'unknown-leader-epoch': kafkaErrors.UNKNOWN_LEADER_EPOCH.code,
  'not-enough-replicas': kafkaErrors.NOT_ENOUGH_REPLICAS.code,
  'not-enough-replicas-after-append': kafkaErrors.NOT_ENOUGH_REPLICAS_AFTER_APPEND.code,
  // Retriable, and makes clients ask for metadata again: the partition may be led elsewhere by then.
  'storage-error': kafkaErrors.KAFKA_STORAGE_ERROR.code,
  'timed-out': kafkaErrors.REQUEST_TIMED_OUT.code,
  'internal-topic': kafkaErrors.INVALID_TOPIC_EXCEPTION.code,
  'out-of-order-sequence': kafkaErrors.OUT_OF_ORDER_SEQUENCE_NUMBER.code,
  'invalid-producer-epoch': kafkaErrors.INVALID_PRODUCER_EPOCH.code,
  'invalid-txn-state': kafkaErrors.INVALID_TXN_STATE.code,
  'corrupt-message': kafkaErrors.CORRUPT_MESSAGE.code,
  'invalid-record': kafkaErrors.INVALID_RECORD.code,
  'invalid-timestamp': kafkaErrors.INVALID_TIMESTAMP.code,
  'message-too-large': kafkaErrors.MESSAGE_TOO_LARGE.code,
  'record-list-too-large': kafkaErrors.RECORD_LIST_TOO_LARGE.code,
  'unsupported-compression': kafkaErrors.UNSUPPORTED_COMPRESSION_TYPE.code,
  // What Kafka says of formats before v2 since it takes them no more.
  'unsupported-magic': kafkaErrors.INVALID_RECORD.code,
  'offset-out-of-range': kafkaErrors.OFFSET_OUT_OF_RANGE.code,
  'offset-not-available': kafkaErrors.OFFSET_NOT_AVAILABLE.code,
} as const satisfies Record<RefusalCode, number>
