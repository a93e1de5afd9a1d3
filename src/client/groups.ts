import { deleteGroups } from '../kafka/schema/delete-groups.ts'
import { describeGroups } from '../kafka/schema/describe-groups.ts'
import { listGroups } from '../kafka/schema/list-groups.ts'
import { offsetCommit } from '../kafka/schema/offset-commit.ts'
import { offsetDelete } from '../kafka/schema/offset-delete.ts'
import { offsetFetch } from '../kafka/schema/offset-fetch.ts'
import { assignedTopics, consumerProtocolType } from './consumer-protocol.ts'
import type { Cancellable, KafkaClient, Lane } from './kafka-client.ts'
import { check } from './kafka-error.ts'
import { byTopic, type TopicPartition } from './offsets.ts'

/** Later versions name topics by id, which this client does not need. */
const offsetsByNameVersionMax = 9

const deadState = 'Dead'

export interface GroupListing {
  readonly groupId: string
  readonly protocolType: string
  readonly state: string
}

/** The groups of all brokers. */
export async function listAllGroups(client: KafkaClient, options: Cancellable = {}): Promise<GroupListing[]> {
  return client.retry(async () => {
    const { brokers } = await client.describe([], options)
    const answers = await Promise.all(
      brokers.map(({ id }) => client.call(listGroups, {}, { to: id, signal: options.signal })),
    )
    return answers.flatMap((answer) => {
      check(answer.errorCode, 'listing groups')
      return answer.groups.map(({ groupId, protocolType, groupState }) => ({
        groupId,
        protocolType,
        state: groupState,
      }))
    })
  }, options)
}

export interface GroupMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly host: string
  /** Null: no member of a consumer group. */
  readonly assigned: readonly TopicPartition[] | null
}

export interface GroupDescription {
  readonly groupId: string
  /** `Dead`: there is no such group. */
  readonly state: string
  readonly protocolType: string
  readonly protocol: string
  readonly coordinator: number
  readonly members: readonly GroupMember[]
}

export async function describeGroup(
  client: KafkaClient,
  groupId: string,
  options: Cancellable = {},
): Promise<GroupDescription> {
  return client.retry(async () => {
    const coordinator = await client.coordinatorOf(groupId, options)
    const answer = await client.call(describeGroups, { groups: [groupId] }, { to: coordinator, signal: options.signal })
    const group = answer.groups[0]
    const absent = group?.errorCode === 69
    if (!absent) check(group?.errorCode ?? -1, `group ${groupId}`, group?.errorMessage)
    const protocolType = group?.protocolType ?? ''
    return {
      groupId,
      state: absent ? deadState : (group?.groupState ?? deadState),
      protocolType,
      protocol: group?.protocolData ?? '',
      coordinator,
      members: (group?.members ?? []).map((member) => ({
        memberId: member.memberId,
        instanceId: member.groupInstanceId,
        clientId: member.clientId,
        host: member.clientHost,
        assigned: protocolType === consumerProtocolType ? partitionsIn(member.memberAssignment) : null,
      })),
    }
  }, options)
}

function partitionsIn(assignment: Uint8Array): TopicPartition[] {
  return assignedTopics(assignment).flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  )
}

export async function deleteGroup(client: KafkaClient, groupId: string, options: Cancellable = {}): Promise<void> {
  await client.retry(async () => {
    const coordinator = await client.coordinatorOf(groupId, options)
    const answer = await client.call(
      deleteGroups,
      { groupsNames: [groupId] },
      { to: coordinator, signal: options.signal },
    )
    check(answer.results[0]?.errorCode ?? -1, `deleting group ${groupId}`)
  }, options)
}

export interface CommittedOffset extends TopicPartition {
  readonly offset: number
  readonly metadata: string | null
}

/** Committed offsets of a group; `partitions` null: all that it has. Those without one are left out. */
export async function committedOffsets(
  client: KafkaClient,
  groupId: string,
  partitions: readonly TopicPartition[] | null,
  options: Cancellable & { lane?: Lane } = {},
): Promise<CommittedOffset[]> {
  const topics =
    partitions === null
      ? null
      : [...byTopic(partitions)].map(([name, mine]) => ({ name, partitionIndexes: mine.map((at) => at.partition) }))
  const body = (version: number) => ({
    ...(version < 8 ? { groupId, topics } : { groups: [{ groupId, topics }] }),
    requireStable: version >= 7,
  })
  return client.retry(async () => {
    const coordinator = await client.coordinatorOf(groupId, options)
    const { signal, lane = 'main' } = options
    const call = { to: coordinator, signal, lane, versionMax: offsetsByNameVersionMax }
    const answer = await client.call(offsetFetch, body, call)
    const group = answer.groups[0] ?? answer
    check(group.errorCode, `offsets of group ${groupId}`)
    return group.topics.flatMap(({ name: topic, partitions: found }) =>
      found.flatMap(({ partitionIndex: partition, committedOffset: offset, metadata, errorCode }) => {
        check(errorCode, `offset of group ${groupId} for ${topic}-${partition}`)
        return offset < 0 ? [] : [{ topic, partition, offset, metadata }]
      }),
    )
  }, options)
}

/** Who commits: a member of the present generation, or, without one, anybody while the group is empty. */
export interface Committer {
  readonly memberId: string
  readonly generation: number
  readonly instanceId: string | null
}

const nobody: Committer = { memberId: '', generation: -1, instanceId: null }

/** Stores offsets of a group: each is that of the next record to consume. */
export async function commitOffsets(
  client: KafkaClient,
  groupId: string,
  offsets: readonly (TopicPartition & { readonly offset: number; readonly metadata?: string })[],
  options: Cancellable & { by?: Committer; lane?: Lane; timeoutMs?: number } = {},
): Promise<void> {
  const { by = nobody, signal, lane = 'main' } = options
  const body = {
    groupId,
    generationIdOrMemberEpoch: by.generation,
    memberId: by.memberId,
    groupInstanceId: by.instanceId,
    topics: [...byTopic(offsets)].map(([name, mine]) => ({
      name,
      partitions: mine.map(({ partition, offset, metadata }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedMetadata: metadata ?? '',
      })),
    })),
  }
  await client.retry(async () => {
    const coordinator = await client.coordinatorOf(groupId, options)
    const call = { to: coordinator, signal, lane, versionMax: offsetsByNameVersionMax }
    const answer = await client.call(offsetCommit, body, call)
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        check(errorCode, `committing offsets of group ${groupId} for ${name}-${partitionIndex}`)
      }
    }
  }, options)
}

/** Forgets offsets of a group for partitions that no member subscribes to. */
export async function deleteOffsets(
  client: KafkaClient,
  groupId: string,
  partitions: readonly TopicPartition[],
  options: Cancellable = {},
): Promise<void> {
  const topics = [...byTopic(partitions)].map(([name, mine]) => ({
    name,
    partitions: mine.map(({ partition }) => ({ partitionIndex: partition })),
  }))
  await client.retry(async () => {
    const coordinator = await client.coordinatorOf(groupId, options)
    const answer = await client.call(offsetDelete, { groupId, topics }, { to: coordinator, signal: options.signal })
    check(answer.errorCode, `deleting offsets of group ${groupId}`)
    for (const { name, partitions: deleted } of answer.topics) {
      for (const { partitionIndex, errorCode } of deleted) {
        check(errorCode, `deleting the offset of group ${groupId} for ${name}-${partitionIndex}`)
      }
    }
  }, options)
}
