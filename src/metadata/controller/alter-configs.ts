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
import { topicNameFault } from '../topic-name.ts'
import type { Decision, DecisionContext, Refused } from './decision.ts'
import { onceEach } from './once-each.ts'

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
export function alterConfigs({ image }: DecisionContext, request: AlterConfigs): Decision<AlterConfigsAnswer> {
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
      : alter(image, resource, records)
    return { type, name, outcome }
  })
  return { records: request.validateOnly ? [] : records, answer }
}

function alter(image: ClusterImage, resource: AlteredResource, records: MetadataRecord[]): Outcome {
  const refusal = resourceRefusal(image, resource)
  if (refusal !== null) return refusal
  const changes = changesOf(resource, image.settings(resource.type, resource.name))
  if (isConfigRefusal(changes)) return changes
  for (const [name, value] of changes) {
    records.push({ type: 'config', resourceType: resource.type, resourceName: resource.name, name, value })
  }
  return { code: 'altered' }
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
