import { type BrokerConfig, type DynamicBrokerConfigs, resolveBrokerConfig } from '../config/broker-config.ts'
import { resolveTopicConfig } from '../config/topic-config.ts'
import type { TopicConfig } from '../config/topic-settings.ts'
import { type ClusterImage, resourceTypes } from '../metadata/image.ts'
import type { MetadataRecord } from '../metadata/records.ts'

/** The settings in force, of this broker and of topics, worked out once per change of the image. */
export class LiveConfigs {
  readonly started: BrokerConfig
  readonly #image: ClusterImage
  readonly #topics = new Map<string, TopicConfig>()
  #broker: BrokerConfig | null = null

  constructor(image: ClusterImage, started: BrokerConfig) {
    this.#image = image
    this.started = started
  }

  /** What was set for brokers while the cluster ran. */
  get dynamic(): DynamicBrokerConfigs {
    return {
      cluster: this.#image.settings(resourceTypes.broker, ''),
      broker: this.#image.settings(resourceTypes.broker, `${this.started.nodeId}`),
    }
  }

  get broker(): BrokerConfig {
    this.#broker ??= resolveBrokerConfig(this.started, this.dynamic)
    return this.#broker
  }

  topic(name: string): TopicConfig {
    const known = this.#topics.get(name)
    if (known !== undefined) return known
    const config = resolveTopicConfig(this.started, this.dynamic, this.#image.settings(resourceTypes.topic, name))
    this.#topics.set(name, config)
    return config
  }

  /** The topics whose settings these records have changed: those named, or all when a broker's defaults have changed. */
  changedBy(records: readonly MetadataRecord[]): ReadonlySet<string> {
    const changed = new Set<string>()
    for (const record of records) {
      if (record.type === 'remove-topic') this.#forgetRemoved()
      if (record.type !== 'config') continue
      if (record.resourceType === resourceTypes.topic) changed.add(record.resourceName)
      if (record.resourceType !== resourceTypes.broker) continue
      this.#broker = null
      for (const name of this.#image.topics.keys()) changed.add(name)
    }
    for (const name of changed) this.#topics.delete(name)
    return changed
  }

  #forgetRemoved(): void {
    for (const name of this.#topics.keys()) if (!this.#image.topics.has(name)) this.#topics.delete(name)
  }
}
