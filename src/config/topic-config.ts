import { type BrokerConfig, checkSetting, type DynamicBrokerConfigs, valuesOf } from './broker-config.ts'
import { type ConfigRefusal, refuse } from './config-refusal.ts'
import { brokerDefaultsOf, type TopicConfig, type TopicSettingName, topicSettings } from './topic-settings.ts'

/** Null, or why these cannot be a topic's overrides. */
export function validateTopicConfigs(texts: Readonly<Record<string, string>>): ConfigRefusal | null {
  const checked = new Map<string, string>()
  for (const [name, text] of Object.entries(texts)) {
    const answer = checkSetting(topicSettings, name, text)
    if ('code' in answer) return answer
    checked.set(name, answer.text)
  }
  const config: TopicConfig = valuesOf(topicSettings, checked)
  if (config.minCompactionLagMs > config.maxCompactionLagMs) {
    return refuse('min.compaction.lag.ms', 'min.compaction.lag.ms must not be above max.compaction.lag.ms')
  }
  return null
}

/** What a topic's log and partitions act by: its overrides, else what the broker gives to topics, else the defaults. */
export function resolveTopicConfig(
  broker: BrokerConfig,
  dynamic: DynamicBrokerConfigs,
  overrides: ReadonlyMap<string, string>,
): TopicConfig {
  const texts = new Map<string, string>()
  for (const name of Object.keys(topicSettings) as TopicSettingName[]) {
    const text = overrides.get(name) ?? brokerDefaultOf(name, broker, dynamic)
    if (text !== null) texts.set(name, text)
  }
  const config = valuesOf(topicSettings, texts)
  return config.internalSegmentBytes === null ? config : { ...config, segmentBytes: config.internalSegmentBytes }
}

/** The text, in the topic's unit, that the broker has been given for topics without one; null: nothing, the default serves. */
export function brokerDefaultOf(
  name: TopicSettingName,
  broker: BrokerConfig,
  dynamic: DynamicBrokerConfigs,
): string | null {
  for (const source of brokerDefaultsOf[name] ?? []) {
    const text = dynamic.broker.get(source.name) ?? dynamic.cluster.get(source.name) ?? broker.given.get(source.name)
    if (text === undefined) continue
    if (source.factor === 1) return text
    const value = BigInt(text)
    return `${value < 0n ? -1n : value * BigInt(source.factor)}`
  }
  return null
}
