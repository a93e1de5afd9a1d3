import { array, encodeVersioned, type MessageOf, message } from '../codec/message.ts'
import { decode } from '../codec/message.ts'
import { Reader } from '../codec/reader.ts'

/**
 * What members of a consumer group tell each other through the broker, which does not read it. Version 0 is written:
 * every consumer reads it, and later versions only add fields behind it.
 */
const subscription = message({
  topics: { type: array('string'), about: 'Topics that the member wants.' },
  userData: { type: 'bytes', nullableSince: 0, default: null, about: 'Whatever the assignor keeps here.' },
})

const assignedTopic = message({
  topic: { type: 'string', about: 'The topic.' },
  partitions: { type: array('int32'), about: 'Partitions that the member owns from now on.' },
})

const assignment = message({
  assignedPartitions: { type: array(assignedTopic), about: 'By topic.' },
  userData: { type: 'bytes', nullableSince: 0, default: null, about: 'Whatever the assignor keeps here.' },
})

export const consumerProtocolType = 'consumer'

export function encodeSubscription(topics: readonly string[]): Uint8Array {
  return encodeVersioned(subscription, { topics, userData: null }, 0)
}

/** Topics that a member subscribes to; later versions are read as far as they are known. */
export function subscribedTopics(bytes: Uint8Array): readonly string[] {
  return readKnown(subscription, bytes).topics
}

export interface AssignedTopic {
  readonly topic: string
  readonly partitions: readonly number[]
}

export function encodeAssignment(topics: readonly AssignedTopic[]): Uint8Array {
  return encodeVersioned(assignment, { assignedPartitions: topics, userData: null }, 0)
}

/** What a member owns; no bytes mean nothing. */
export function assignedTopics(bytes: Uint8Array): readonly AssignedTopic[] {
  return bytes.length === 0 ? [] : readKnown(assignment, bytes).assignedPartitions
}

function readKnown<M extends typeof subscription | typeof assignment>(declared: M, bytes: Uint8Array): MessageOf<M> {
  const reader = new Reader(bytes)
  reader.skip(2)
  return decode(declared, reader, 0) as MessageOf<M>
}
