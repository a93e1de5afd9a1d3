import { validateTopicConfigs } from '../../config/topic-config.ts'
import type { LeaderEpoch } from '../../record/offset.ts'
import type { BrokerId } from '../../replication/replica-id.ts'
import { type ClusterImage, resourceTypes } from '../image.ts'
import type { MetadataRecord } from '../records.ts'
import { collisionKey, metadataTopicName } from '../topic-name.ts'
import { nameRefusal } from './create-topics.ts'
import type { Decision, DecisionContext } from './decision.ts'
import { newPartitionsMax } from './placement.ts'

/** A topic whose logs another cluster has written, and one broker's folder is to hold. */
export interface AdoptedTopic {
  readonly name: string
  /** The id that it had there, or a new one. */
  readonly topicId: string
  readonly configs: ReadonlyMap<string, string>
  /** By partition: the newest leader epoch in its log, -1 for none. Its leaders here begin above it. */
  readonly lastEpochs: readonly LeaderEpoch[]
}

export interface AdoptTopics {
  readonly topics: readonly AdoptedTopic[]
  /** Who holds the logs. */
  readonly brokerId: BrokerId
  readonly directoryId: string
  /** No producer id below it is given out from now on: producers of the other cluster have them. */
  readonly nextProducerId: number
  readonly validateOnly: boolean
}

export type AdoptTopicsAnswer =
  | { readonly code: 'adopted' }
  /** Sentences. */
  | { readonly code: 'refused'; readonly problems: readonly string[] }

/** Makes topics of logs that are there already: all of them or none. Nobody leads them until their broker is alive. */
export function adoptTopics({ image }: DecisionContext, request: AdoptTopics): Decision<AdoptTopicsAnswer> {
  const problems = problemsOf(image, request)
  if (problems.length > 0) return { records: [], answer: { code: 'refused', problems } }
  if (request.validateOnly) return { records: [], answer: { code: 'adopted' } }
  const records = request.topics.flatMap((topic) => recordsOf(topic, request))
  const { brokerId, nextProducerId } = request
  if (nextProducerId > image.nextProducerId) records.push({ type: 'producer-ids', brokerId, nextProducerId })
  return { records, answer: { code: 'adopted' } }
}

function problemsOf(image: ClusterImage, { topics }: AdoptTopics): string[] {
  const problems: string[] = []
  const taken = new Map<string, string>()
  for (const name of image.topics.keys()) taken.set(collisionKey(name), name)
  for (const { name, topicId, configs } of topics) {
    const refusal = name === metadataTopicName ? null : nameRefusal(name, taken)
    if (name === metadataTopicName) problems.push(`'${name}' is no topic`)
    if (refusal !== null) problems.push(refusal.message)
    taken.set(collisionKey(name), name)
    const other = image.topicById(topicId)
    if (other !== null && other.name !== name) problems.push(`topic '${other.name}' has the id ${topicId} of '${name}'`)
    const config = validateTopicConfigs(Object.fromEntries(configs))
    if (config !== null) problems.push(`topic '${name}': ${config.message}`)
  }
  const partitions = topics.reduce((sum, { lastEpochs }) => sum + lastEpochs.length, 0)
  if (partitions > newPartitionsMax) problems.push(`${partitions} partitions are more than ${newPartitionsMax} at once`)
  return problems
}

function recordsOf(topic: AdoptedTopic, { brokerId, directoryId }: AdoptTopics): MetadataRecord[] {
  const { name, topicId, configs, lastEpochs } = topic
  return [
    { type: 'topic', name, topicId },
    ...[...configs].map(([setting, value]): MetadataRecord => {
      return { type: 'config', resourceType: resourceTypes.topic, resourceName: name, name: setting, value }
    }),
    ...lastEpochs.map((lastEpoch, partition): MetadataRecord => {
      return {
        type: 'partition',
        topicId,
        partition,
        replicas: [brokerId],
        directories: [directoryId],
        inSync: [brokerId],
        leader: -1,
        leaderEpoch: Math.max(lastEpoch, 0),
      }
    }),
  ]
}
