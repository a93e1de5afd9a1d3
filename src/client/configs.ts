import type { ResponseOf } from '../codec/api.ts'
import { describeConfigs } from '../kafka/schema/describe-configs.ts'
import { incrementalAlterConfigs } from '../kafka/schema/incremental-alter-configs.ts'
import type { Cancellable, KafkaClient } from './kafka-client.ts'
import { check } from './kafka-error.ts'

const topicResource = 2
const operationSet = 0
const operationDelete = 1

export type TopicConfigEntry = ResponseOf<typeof describeConfigs>['results'][number]['configs'][number]

/** All settings of a topic, with where their values come from. */
export async function describeTopicConfigs(
  client: KafkaClient,
  topic: string,
  options: Cancellable = {},
): Promise<readonly TopicConfigEntry[]> {
  const body = {
    resources: [{ resourceType: topicResource, resourceName: topic, configurationKeys: null }],
    includeSynonyms: false,
  }
  return client.retry(async () => {
    const answer = await client.call(describeConfigs, body, { to: 'any', signal: options.signal })
    const result = answer.results[0]
    check(result?.errorCode ?? -1, `the settings of topic ${topic}`, result?.errorMessage)
    return result?.configs ?? []
  }, options)
}

/** Sets some settings of a topic, and takes back others. */
export async function alterTopicConfigs(
  client: KafkaClient,
  topic: string,
  change: { readonly set: Readonly<Record<string, string>>; readonly remove: readonly string[] },
  options: Cancellable = {},
): Promise<void> {
  const configs = [
    ...Object.entries(change.set).map(([name, value]) => ({ name, value, configOperation: operationSet })),
    ...change.remove.map((name) => ({ name, value: null, configOperation: operationDelete })),
  ]
  const body = { resources: [{ resourceType: topicResource, resourceName: topic, configs }] }
  await client.retry(async () => {
    const answer = await client.call(incrementalAlterConfigs, body, { to: 'controller', signal: options.signal })
    const result = answer.responses[0]
    check(result?.errorCode ?? -1, `changing topic ${topic}`, result?.errorMessage)
  }, options)
}
