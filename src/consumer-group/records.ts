import { MalformedInput } from '../codec/malformed-input.ts'
import { array, decodeVersioned, encodeVersioned, message } from '../codec/message.ts'
import { zeroUuid } from '../codec/uuid.ts'
import type { GroupRecord, StoredGroup } from './group-record.ts'
import type { OffsetsRecord } from './offsets-topic.ts'

/** Key of a committed offset. Both versions are the same. */
const offsetKey = message(
  {
    group: { type: 'string', about: 'The group.' },
    topic: { type: 'string', about: 'Name of the topic.' },
    partition: { type: 'int32', about: 'Partition of the topic.' },
  },
  { versions: [0, 1] },
)

/** A committed offset. Version 1 is for an expiry that the client wants, 4 for all others. */
const offsetValue = message(
  {
    offset: { type: 'int64', about: 'Next offset to read.' },
    leaderEpoch: {
      type: 'int32',
      since: 3,
      default: -1,
      ignorable: true,
      about: 'Epoch of the last record read, -1 when not known.',
    },
    metadata: { type: 'string', about: 'What the client keeps beside the offset.' },
    commitTimestamp: { type: 'int64', about: 'When it was committed, ms since 1970.' },
    expireTimestamp: {
      type: 'int64',
      since: 1,
      until: 1,
      default: -1,
      ignorable: true,
      about: 'When it may be dropped, ms since 1970; -1: by the retention of the broker.',
    },
    topicId: {
      type: 'uuid',
      since: 4,
      tagged: { tag: 0, since: 4 },
      ignorable: true,
      about: 'Id of the topic when the offset was committed, zero when not known.',
    },
  },
  { versions: [0, 4], flexibleSince: 4 },
)

/** Key of a group. */
const groupKey = message({ group: { type: 'string', about: 'The group.' } }, { versions: [2, 2] })

const storedMember = message({
  memberId: { type: 'string', about: 'Id that the coordinator gave.' },
  groupInstanceId: {
    type: 'string',
    since: 3,
    nullableSince: 3,
    default: null,
    ignorable: true,
    about: 'Name of a static member, null of any other.',
  },
  clientId: { type: 'string', about: 'What the client calls itself.' },
  clientHost: { type: 'string', about: 'Where it came from.' },
  rebalanceTimeout: {
    type: 'int32',
    since: 1,
    default: -1,
    ignorable: true,
    about: 'How long a rebalance waits for it, in ms; -1: as long as its session.',
  },
  sessionTimeout: { type: 'int32', about: 'How long it may be silent, in ms.' },
  subscription: { type: 'bytes', about: 'Its metadata for the chosen protocol.' },
  assignment: { type: 'bytes', about: 'What the leader assigned to it.' },
})

/** A generation of a group. Written as version 3. */
const groupValue = message(
  {
    protocolType: { type: 'string', about: 'What kind of members it has.' },
    generation: { type: 'int32', about: 'Number of the generation.' },
    protocol: { type: 'string', nullableSince: 0, about: 'The chosen protocol, null in an empty group.' },
    leader: { type: 'string', nullableSince: 0, about: 'Member id of the leader, null in an empty group.' },
    currentStateTimestamp: {
      type: 'int64',
      since: 2,
      default: -1,
      ignorable: true,
      about: 'When the group came into its state, ms since 1970; -1: not known.',
    },
    members: { type: array(storedMember), about: 'The members.' },
  },
  { versions: [0, 4], flexibleSince: 4 },
)

/** The record as Kafka 4.3 writes it to `__consumer_offsets`. */
export function encodeGroupRecord(record: GroupRecord): OffsetsRecord {
  if (record.type === 'group') {
    return {
      key: encodeVersioned(groupKey, { group: record.groupId }, 2),
      value: record.value === null ? null : encodeGroup(record.value),
    }
  }
  const { groupId: group, topic, partition, value } = record
  const key = encodeVersioned(offsetKey, { group, topic, partition }, 1)
  if (value === null) return { key, value: null }
  // Only version 1 has room for an expiry, and none for epoch and topic id.
  const version = value.expireTimestamp >= 0 ? 1 : 4
  return { key, value: encodeVersioned(offsetValue, { ...value, topicId: value.topicId ?? zeroUuid }, version) }
}

/**
 * Reads a record of `__consumer_offsets`. Null for a kind that groups of the classic protocol do not have (Kafka's
 * newer kinds of groups keep theirs in the same topic). Throws MalformedInput for bytes that are no such record. What
 * it gives holds no view on the bytes.
 */
export function decodeGroupRecord({ key, value }: OffsetsRecord): GroupRecord | null {
  if (key.length < 2) throw new MalformedInput('a key without a version', 0)
  const kind = ((key[0] ?? 0) << 8) | (key[1] ?? 0)
  if (kind > 2) return null
  if (kind === 2) {
    const { group } = decodeVersioned(groupKey, key).value
    return { type: 'group', groupId: group, value: value === null ? null : decodeGroup(value) }
  }
  const { group, topic, partition } = decodeVersioned(offsetKey, key).value
  if (value === null) return { type: 'offset', groupId: group, topic, partition, value: null }
  const { topicId, ...committed } = decodeVersioned(offsetValue, value).value
  return {
    type: 'offset',
    groupId: group,
    topic,
    partition,
    value: { ...committed, topicId: topicId === zeroUuid ? null : topicId },
  }
}

function encodeGroup(group: StoredGroup): Uint8Array {
  return encodeVersioned(
    groupValue,
    {
      protocolType: group.protocolType,
      generation: group.generation,
      protocol: group.protocol,
      leader: group.leader,
      currentStateTimestamp: group.stateTimestamp,
      members: group.members.map((member) => ({
        memberId: member.memberId,
        groupInstanceId: member.instanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        rebalanceTimeout: member.rebalanceTimeoutMs,
        sessionTimeout: member.sessionTimeoutMs,
        subscription: member.subscription,
        assignment: member.assignment,
      })),
    },
    3,
  )
}

function decodeGroup(bytes: Uint8Array): StoredGroup {
  const { value } = decodeVersioned(groupValue, bytes)
  return {
    protocolType: value.protocolType,
    generation: value.generation,
    protocol: value.protocol,
    leader: value.leader,
    stateTimestamp: value.currentStateTimestamp,
    members: value.members.map((member) => ({
      memberId: member.memberId,
      instanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeout < 0 ? member.sessionTimeout : member.rebalanceTimeout,
      sessionTimeoutMs: member.sessionTimeout,
      subscription: new Uint8Array(member.subscription),
      assignment: new Uint8Array(member.assignment),
    })),
  }
}
