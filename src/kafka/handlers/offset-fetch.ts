import type { RequestOf } from '../../codec/api.ts'
import { zeroUuid } from '../../codec/uuid.ts'
import type { GroupService } from '../../consumer-group/group-service.ts'
import type { CommittedOffset } from '../../consumer-group/group-record.ts'
import type { GroupRefusalCode } from '../../consumer-group/group-refusal.ts'
import type { TopicNames } from '../../consumer-group/offsets-topic.ts'
import { kafkaErrors } from '../errors.ts'
import { groupErrorOf } from '../group-errors.ts'
import { handler } from '../handler.ts'
import { offsetFetch } from '../schema/offset-fetch.ts'

type Request = RequestOf<typeof offsetFetch>

interface AskedTopic {
  readonly name: string
  readonly topicId: string
  readonly partitionIndexes: readonly number[]
}

interface PartitionAnswer {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly metadata: string
  readonly errorCode: number
}

interface TopicAnswer {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly PartitionAnswer[]
}

interface GroupAnswer {
  readonly code: 'ok' | GroupRefusalCode
  readonly topics: readonly TopicAnswer[]
}

/**
 * Tells committed offsets. Versions 1 to 10: v2 may ask for all topics and has an error for the whole, v5 tells leader
 * epochs, v6 is flexible, v7 may ask for stable offsets only (all are: there are no transactions yet), v8 asks for
 * several groups (KIP-709), v9 names a member (of the newer protocol, not looked at), v10 names topics by id.
 */
export const offsetFetchHandler = (groups: GroupService, names: TopicNames) =>
  handler(offsetFetch, async (request, { version }) => {
    if (version >= 8) {
      const answers = request.groups.map(async ({ groupId, topics }) => {
        const answer = await answerOf(groups, names, { groupId, topics, byId: version >= 10 })
        return { groupId, topics: answer.topics, errorCode: groupErrorOf(answer.code) }
      })
      return { groups: await Promise.all(answers) }
    }
    const topics = request.topics?.map(named) ?? null
    const { code, topics: answers } = await answerOf(groups, names, { groupId: request.groupId, topics, byId: false })
    if (version === 1 && code !== 'ok') return { topics: refusedTopics(request, groupErrorOf(code)) }
    return { topics: answers, errorCode: groupErrorOf(code) }
  })

async function answerOf(
  groups: GroupService,
  names: TopicNames,
  asked: { groupId: string; topics: readonly AskedTopic[] | null; byId: boolean },
): Promise<GroupAnswer> {
  const wanted = asked.topics?.map((topic) => ({
    topic,
    name: !asked.byId ? topic.name : topic.topicId === zeroUuid ? null : names.nameOf(topic.topicId),
  }))
  const known = wanted?.flatMap(({ topic, name }) =>
    name === null ? [] : [{ topic: name, partitions: topic.partitionIndexes }],
  )
  const found = await groups.fetchOffsets(asked.groupId, known ?? null)
  if (found.code !== 'ok') return { code: found.code, topics: [] }
  const topics = found.topics.flatMap(({ topic: name, partitions }) => {
    const topicId = names.idOf(name)
    // Of all topics, asked for by id, those that are gone have none to be told by.
    if (asked.byId && topicId === null) return []
    const answers = partitions.map(({ partition, committed }) =>
      partitionAnswer(partition, isOfAnother(committed, topicId) ? null : committed),
    )
    return [{ name, topicId: topicId ?? zeroUuid, partitions: answers }]
  })
  const unknown = wanted?.flatMap(({ topic, name }) => (name === null ? [unknownTopic(topic)] : [])) ?? []
  return { code: 'ok', topics: [...topics, ...unknown] }
}

/** The offset was committed for an earlier topic of the same name: the records that it speaks of are gone. */
function isOfAnother(committed: CommittedOffset | null, topicId: string | null): boolean {
  return committed !== null && committed.topicId !== null && topicId !== null && committed.topicId !== topicId
}

function partitionAnswer(partitionIndex: number, committed: CommittedOffset | null): PartitionAnswer {
  return {
    partitionIndex,
    committedOffset: committed?.offset ?? -1,
    committedLeaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? '',
    errorCode: kafkaErrors.NONE.code,
  }
}

function unknownTopic({ topicId, partitionIndexes }: AskedTopic): TopicAnswer {
  const errorCode = kafkaErrors.UNKNOWN_TOPIC_ID.code
  const partitions = partitionIndexes.map((partition) => ({ ...partitionAnswer(partition, null), errorCode }))
  return { name: '', topicId, partitions }
}

/** Version 1 has no place for an error but at the partitions. */
function refusedTopics({ topics }: Request, errorCode: number): TopicAnswer[] {
  return (topics ?? []).map(({ name, partitionIndexes }) => ({
    name,
    topicId: zeroUuid,
    partitions: partitionIndexes.map((partition) => ({ ...partitionAnswer(partition, null), errorCode })),
  }))
}

function named({ name, partitionIndexes }: NonNullable<Request['topics']>[number]): AskedTopic {
  return { name, topicId: zeroUuid, partitionIndexes }
}
