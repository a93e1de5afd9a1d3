import type { MetadataRecord } from '../records.ts'
import type { Decision, DecisionContext } from './decision.ts'

/** A topic by name or by id. */
export type TopicKey = { readonly name: string } | { readonly id: string }

export type DeleteTopicsAnswer = readonly {
  readonly name: string | null
  readonly id: string | null
  readonly code: 'deleted' | 'unknown-topic' | 'unknown-topic-id' | 'invalid-request'
}[]

/** Deletes topics with their partitions and settings. Naming one twice, by name and id too, is refused for that one. */
export function deleteTopics({ image }: DecisionContext, request: readonly TopicKey[]): Decision<DeleteTopicsAnswer> {
  const found = request.map((key) => ('id' in key ? image.topicById(key.id) : (image.topics.get(key.name) ?? null)))
  const records: MetadataRecord[] = []
  const answer = request.map((key, nth) => {
    const topic = found[nth] ?? null
    if (topic === null) {
      return 'id' in key
        ? { name: null, id: key.id, code: 'unknown-topic-id' as const }
        : { name: key.name, id: null, code: 'unknown-topic' as const }
    }
    const twice = found.filter((other) => other === topic).length > 1
    if (twice) return { name: topic.name, id: topic.id, code: 'invalid-request' as const }
    records.push({ type: 'remove-topic', topicId: topic.id })
    return { name: topic.name, id: topic.id, code: 'deleted' as const }
  })
  return { records, answer }
}
