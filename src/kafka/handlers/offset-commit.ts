import type { RequestOf } from '../../codec/api.ts'
import { zeroUuid } from '../../codec/uuid.ts'
import type { CommitTopic } from '../../consumer-group/group-events.ts'
import type { GroupRefusalCode } from '../../consumer-group/group-refusal.ts'
import type { GroupService } from '../../consumer-group/group-service.ts'
import type { TopicNames } from '../../consumer-group/offsets-topic.ts'
import { groupErrorOf } from '../group-errors.ts'
import { handler } from '../handler.ts'
import { offsetCommit } from '../schema/offset-commit.ts'

type RequestTopic = RequestOf<typeof offsetCommit>['topics'][number]
type Code = 'ok' | GroupRefusalCode

/** A topic of the request, looked up; each partition is refused here, or goes to the group. */
interface Asked {
  readonly topic: RequestTopic
  readonly name: string
  readonly refusals: readonly (GroupRefusalCode | null)[]
}

/**
 * Commits offsets; answered once they are. Versions 2 to 10: until v4 the client may say how long to keep them, v6 has
 * leader epochs, v7 knows static members, v8 is flexible, v9 may answer GROUP_ID_NOT_FOUND, v10 names topics by id.
 */
export const offsetCommitHandler = (groups: GroupService, names: TopicNames) =>
  handler(offsetCommit, async (request, { version }) => {
    const asked = request.topics.map((topic) => lookUp(topic, names, version >= 10))
    const topics = asked.map((one) => commitTopicOf(one, names)).filter(({ partitions }) => partitions.length > 0)
    const answer =
      topics.length === 0
        ? ({ code: 'ok', topics: [] } as const)
        : await groups.commit({
            groupId: request.groupId,
            generation: request.generationIdOrMemberEpoch,
            memberId: request.memberId,
            instanceId: request.groupInstanceId,
            retentionMs: request.retentionTimeMs,
            knowsGroupNotFound: version >= 9,
            topics,
          })
    // In the order of the request, which may name a topic or a partition twice.
    const codes = answer.topics.flatMap(({ partitions }) => partitions.map(({ code }) => code)).values()
    const codeOf = (refusal: GroupRefusalCode | null): Code =>
      refusal ?? (answer.code === 'ok' ? (codes.next().value ?? 'ok') : answer.code)
    return {
      topics: asked.map(({ topic, refusals }) => ({
        name: topic.name,
        topicId: topic.topicId,
        partitions: topic.partitions.map(({ partitionIndex }, at) => ({
          partitionIndex,
          errorCode: groupErrorOf(codeOf(refusals[at] ?? null)),
        })),
      })),
    }
  })

function lookUp(topic: RequestTopic, names: TopicNames, byId: boolean): Asked {
  const name = byId ? (topic.topicId === zeroUuid ? null : names.nameOf(topic.topicId)) : topic.name
  if (name === null) return { topic, name: '', refusals: topic.partitions.map(() => 'unknown-topic-id') }
  const count = names.partitionsOf(name)
  return {
    topic,
    name,
    refusals: topic.partitions.map(({ partitionIndex }) =>
      partitionIndex >= 0 && partitionIndex < count ? null : 'unknown-topic',
    ),
  }
}

function commitTopicOf({ topic, name, refusals }: Asked, names: TopicNames): CommitTopic {
  return {
    topic: name,
    topicId: names.idOf(name),
    partitions: topic.partitions
      .filter((_, at) => refusals[at] === null)
      .map(({ partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }) => ({
        partition: partitionIndex,
        offset: committedOffset,
        leaderEpoch: committedLeaderEpoch,
        metadata: committedMetadata,
      })),
  }
}
