import type { MetadataRecord } from '../records.ts'
import { isCommitLog } from '../topic-name.ts'
import type { Decision, DecisionContext } from './decision.ts'
import { onceEach } from './once-each.ts'

/** A topic by name or by id. */
export type TopicKey = { readonly name: string } | { readonly id: string }

export type DeleteTopicsAnswer = readonly {
  readonly name: string | null
  readonly id: string | null
  readonly code: 'deleted' | 'unknown-topic' | 'unknown-topic-id' | 'invalid-request'
}[]

/** Deletes topics with their partitions and settings. Naming one twice, by name and id too, is refused for that one. */
export function deleteTopics({ image }: DecisionContext, request: readonly TopicKey[]): Decision<DeleteTopicsAnswer> {
  const records: MetadataRecord[] = []
  const found = request.map((key) => ({
    key,
    topic: 'id' in key ? image.topicById(key.id) : (image.topics.get(key.name) ?? null),
  }))
  const keyOf = ({ key, topic }: (typeof found)[number]): string => topic?.id ?? ('id' in key ? key.id : `:${key.name}`)
  const answer = onceEach(found, keyOf).map(({ item: { key, topic }, isNamedTwice }) => {
    const name = topic?.name ?? ('id' in key ? null : key.name)
    const id = topic?.id ?? ('id' in key ? key.id : null)
    if (isNamedTwice) return { name, id, code: 'invalid-request' as const }
    if (topic === null)
      return { name, id, code: 'id' in key ? ('unknown-topic-id' as const) : ('unknown-topic' as const) }
    // It goes with its broker group.
    if (isCommitLog(topic.name)) return { name, id, code: 'invalid-request' as const }
    records.push({ type: 'remove-topic', topicId: topic.id })
    return { name, id, code: 'deleted' as const }
  })
  return { records, answer }
}
