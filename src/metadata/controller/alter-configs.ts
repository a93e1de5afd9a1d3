import {
  applyConfigOperations,
  type ConfigChanges,
  type ConfigOperation,
  isConfigRefusal,
  replaceConfigs,
} from '../../config/alter-config.ts'
import type { ConfigRefusal } from '../../config/config-refusal.ts'
import { type ClusterImage, resourceTypes } from '../image.ts'
import type { MetadataRecord } from '../records.ts'
import { itemsOf } from '../../config/setting-kinds.ts'
import { commitLogOf, isCommitLog, topicNameFault } from '../topic-name.ts'
import { belongsToCommitLog, groupOfQueues } from './commit-logs.ts'
import type { Decision, DecisionContext, Refused } from './decision.ts'
import { onceEach } from './once-each.ts'
import { partitionChange } from './partition-changes.ts'

/** The settings of one topic or broker that are to change. */
export interface AlteredResource {
  readonly type: number
  /** The topic, the broker's id, or for all brokers the empty name. */
  readonly name: string
  /** Steps; or the settings that shall be all that there are. */
  readonly change: readonly ConfigOperation[] | ReadonlyMap<string, string | null>
}

export interface AlterConfigs {
  readonly resources: readonly AlteredResource[]
  readonly validateOnly: boolean
}

type Outcome =
  | { readonly code: 'altered' }
  | Refused<'invalid-config' | 'invalid-request' | 'invalid-topic' | 'unknown-topic'>

export type AlterConfigsAnswer = readonly { type: number; name: string; outcome: Outcome }[]

/** Changes settings: of each resource all that was asked for, or nothing. */
export function alterConfigs(context: DecisionContext, request: AlterConfigs): Decision<AlterConfigsAnswer> {
  const records: MetadataRecord[] = []
  const keyOf = ({ type, name }: AlteredResource): string => `${type}:${name}`
  const once = new Set(
    onceEach(request.resources, keyOf).flatMap(({ item, isNamedTwice }) => (isNamedTwice ? [] : [item])),
  )
  const answer = request.resources.map((resource) => {
    const { type, name } = resource
    const isNamedTwice = !once.has(resource)
    const outcome: Outcome = isNamedTwice
      ? { code: 'invalid-request', message: `the request names '${name}' more than once` }
      : alter(context, resource, records)
    return { type, name, outcome }
  })
  return { records: request.validateOnly ? [] : records, answer }
}

function alter(context: DecisionContext, resource: AlteredResource, records: MetadataRecord[]): Outcome {
  const { image } = context
  const refusal = resourceRefusal(image, resource)
  if (refusal !== null) return refusal
  const changes = changesOf(resource, image.settings(resource.type, resource.name))
  if (isConfigRefusal(changes)) return changes
  const isTopic = resource.type === resourceTypes.topic
  const lasting = isTopic
    ? (lastingRefusal(image, resource.name, changes) ?? queueRefusal(image, resource.name, changes))
    : null
  if (lasting !== null) return lasting
  for (const [name, value] of changes) {
    records.push({ type: 'config', resourceType: resource.type, resourceName: resource.name, name, value })
  }
  if ([...changes].some(([name]) => name === minInSyncName)) records.push(...withoutEligible(context, resource))
  return { code: 'altered' }
}

/** What a topic keeps for as long as it lives, and what stands for it where nothing is set. */
const lastingSettings = {
  'replication.groups': '',
  'replication.scheme': 'isr',
  'replication.sync.backups': '0',
  'replication.unit': 'partition',
  'sync.on.timeout': 'none',
}

function lastingRefusal(image: ClusterImage, topic: string, changes: ConfigChanges): Outcome | null {
  for (const [name, otherwise] of Object.entries(lastingSettings)) {
    if (!changes.has(name)) continue
    const wanted = changes.get(name) ?? otherwise
    const before = image.settings(resourceTypes.topic, topic).get(name) ?? otherwise
    const message = `${name} of topic '${topic}' is ${before} since it was made: it cannot be changed to ${wanted}`
    if (wanted !== before) return { code: 'invalid-config', message }
  }
  return null
}

/** What a topic cannot be given whose partitions are queues of a commit log, nor such a log. */
function queueRefusal(image: ClusterImage, topic: string, changes: ConfigChanges): Outcome | null {
  const group = groupOfQueues(image, topic)
  if (group === null && !isCommitLog(topic)) return null
  const refuse = (message: string): Outcome => ({ code: 'invalid-config', message })
  for (const [name, value] of changes) {
    if (name === 'cleanup.policy' && itemsOf(value ?? '').join() !== 'delete')
      return refuse('a commit log is not compacted')
    const isSet = image.settings(resourceTypes.topic, topic).get(name) === value
    if (group === null || !belongsToCommitLog(name) || isSet || value === null) continue
    return refuse(
      `${name} belongs to the commit log that holds the queues of topic '${topic}': it is set for ${commitLogOf(group)}`,
    )
  }
  return null
}

const minInSyncName = 'min.insync.replicas'

/**
 * Who was eligible to lead was so by the old `min.insync.replicas`: with a lower one the in-sync set may commit by itself from now
 * on (KIP-966). Where that set is empty nobody can, and who is eligible stays the only hope.
 */
function withoutEligible({ image, rulesOf }: DecisionContext, { type, name }: AlteredResource): MetadataRecord[] {
  const topics = type === resourceTypes.topic ? [image.topics.get(name)] : [...image.topics.values()]
  return topics.flatMap((topic) => {
    if (topic === undefined || rulesOf(topic.name).elect !== 'coordinator') return []
    if (type !== resourceTypes.topic && image.settings(resourceTypes.topic, topic.name).has(minInSyncName)) return []
    return topic.partitions
      .filter(({ eligible, inSync }) => eligible.length > 0 && inSync.length > 0)
      .map((partition) => partitionChange(topic.id, partition, { ...partition, eligible: [] }))
  })
}

function changesOf(
  { type, change }: AlteredResource,
  current: ReadonlyMap<string, string>,
): ConfigChanges | ConfigRefusal {
  const kind = type === resourceTypes.topic ? 'topic' : 'broker'
  if (change instanceof Map) return replaceConfigs(kind, current, change)
  return applyConfigOperations(kind, current, change as readonly ConfigOperation[])
}

function resourceRefusal(image: ClusterImage, { type, name }: AlteredResource): Outcome | null {
  switch (type) {
    case resourceTypes.topic:
      if (image.topics.has(name)) return null
      if (name === '') return { code: 'invalid-request', message: 'the topic has no name' }
      if (topicNameFault(name) !== null) return { code: 'invalid-topic', message: `'${name}' is no name of a topic` }
      return { code: 'unknown-topic', message: `there is no topic '${name}'` }
    case resourceTypes.broker:
      if (name === '' || image.brokers.has(Number(name))) return null
      return { code: 'invalid-request', message: `there is no broker '${name}'` }
    default:
      return { code: 'invalid-request', message: `settings of resource type ${type} cannot be changed` }
  }
}
