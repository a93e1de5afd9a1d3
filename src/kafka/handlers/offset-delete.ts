import type { GroupService } from '../../consumer-group/group-service.ts'
import type { TopicNames } from '../../consumer-group/offsets-topic.ts'
import { kafkaErrors } from '../errors.ts'
import { groupErrorOf } from '../group-errors.ts'
import { handler } from '../handler.ts'
import { offsetDelete } from '../schema/offset-delete.ts'

/** Deletes committed offsets of topics that no member of the group reads (KIP-496). Version 0. */
export const offsetDeleteHandler = (groups: GroupService, names: TopicNames) =>
  handler(offsetDelete, async (request) => {
    const isThere = (topic: string, partition: number): boolean =>
      partition >= 0 && partition < names.partitionsOf(topic)
    const asked = request.topics.map(({ name, partitions }) => ({
      topic: name,
      partitions: partitions.map(({ partitionIndex }) => partitionIndex),
    }))
    const answer = await groups.deleteOffsets({
      groupId: request.groupId,
      topics: asked.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.filter((p) => isThere(topic, p)),
      })),
    })
    if (answer.code !== 'ok') return { errorCode: groupErrorOf(answer.code) }
    const codes = answer.topics.flatMap(({ partitions }) => partitions.map(({ code }) => code)).values()
    return {
      errorCode: kafkaErrors.NONE.code,
      topics: asked.map(({ topic, partitions }) => ({
        name: topic,
        partitions: partitions.map((partitionIndex) => ({
          partitionIndex,
          errorCode: groupErrorOf(isThere(topic, partitionIndex) ? (codes.next().value ?? 'ok') : 'unknown-topic'),
        })),
      })),
    }
  })
