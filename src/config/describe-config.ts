import { type BrokerConfig, type DynamicBrokerConfigs, namesOf } from './broker-config.ts'
import { brokerSettings } from './broker-settings.ts'
import type { Setting, Settings, SettingType } from './setting.ts'
import { brokerDefaultOf } from './topic-config.ts'
import { brokerDefaultsOf, type TopicSettingName, topicSettings } from './topic-settings.ts'

/** Where a value comes from, in Kafka's numbers; the smaller covers the larger. */
const configSources = {
  topic: 1,
  dynamicBroker: 2,
  dynamicDefaultBroker: 3,
  staticBroker: 4,
  default: 5,
} as const

type ConfigSource = (typeof configSources)[keyof typeof configSources]

/** Kafka's numbers of the types. */
const typeCodes = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  password: 9,
} as const satisfies Record<SettingType, number>

export interface ConfigSynonym {
  readonly name: string
  readonly value: string | null
  readonly source: ConfigSource
}

/** What DescribeConfigs tells of one setting. */
export interface ConfigDescription {
  readonly name: string
  /** Null: absent, or sensitive. */
  readonly value: string | null
  readonly source: ConfigSource
  /** Cannot change while the broker runs. */
  readonly readOnly: boolean
  readonly sensitive: boolean
  /** Kafka's number of the type. */
  readonly type: number
  /** Every place that gives a value, the one in force first. */
  readonly synonyms: readonly ConfigSynonym[]
  readonly documentation: string
}

/** A topic's settings in the order of their names; `names` null: all of them, unknown ones are left out. */
export function describeTopicConfig(
  layers: { broker: BrokerConfig; dynamic: DynamicBrokerConfigs; overrides: ReadonlyMap<string, string> },
  names: readonly string[] | null,
): ConfigDescription[] {
  return chosen(topicSettings, names).map((name) => {
    const setting: Setting = topicSettings[name as TopicSettingName]
    const brokerNames = brokerDefaultsOf[name as TopicSettingName]?.map((source) => source.name) ?? []
    const override = layers.overrides.get(name)
    const synonyms = brokerNames.length === 0 ? [] : synonymsOf(brokerNames, brokerNames[0] as string, layers)
    if (override !== undefined) synonyms.unshift({ name, value: override, source: configSources.topic })
    const value =
      override ?? brokerDefaultOf(name as TopicSettingName, layers.broker, layers.dynamic) ?? setting.default
    return described({ name, setting, value, synonyms, readOnly: false })
  })
}

/** A broker's settings in the order of their names; `names` null: all of them, unknown ones are left out. */
export function describeBrokerConfig(
  layers: { broker: BrokerConfig; dynamic: DynamicBrokerConfigs },
  names: readonly string[] | null,
): ConfigDescription[] {
  return chosen(brokerSettings, names).map((name) => {
    const setting = (brokerSettings as Settings)[name] as Setting
    const synonyms = synonymsOf(familyOf(name), name, layers)
    const { dynamic, broker } = layers
    const value = dynamic.broker.get(name) ?? dynamic.cluster.get(name) ?? broker.given.get(name) ?? setting.default
    return described({ name, setting, value, synonyms, readOnly: !setting.dynamic })
  })
}

/** What is set for all brokers while they run: the resource with the empty name. */
export function describeClusterConfig(
  cluster: ReadonlyMap<string, string>,
  names: readonly string[] | null,
): ConfigDescription[] {
  const source = configSources.dynamicDefaultBroker
  return chosen(brokerSettings, names).flatMap((name) => {
    const value = cluster.get(name)
    if (value === undefined) return []
    const setting = (brokerSettings as Settings)[name] as Setting
    return [described({ name, setting, value, synonyms: [{ name, value, source }], readOnly: !setting.dynamic })]
  })
}

function chosen(settings: Settings, names: readonly string[] | null): string[] {
  const known = namesOf(settings).sort()
  return names === null ? known : known.filter((name) => names.includes(name))
}

/** Names that stand for the same thing, the finer unit first. */
function familyOf(name: string): readonly string[] {
  for (const sources of Object.values(brokerDefaultsOf)) {
    const names = sources.map((source) => source.name)
    // The scheduler's interval is a fallback of the flush interval, not another name of it.
    if (names[0] === 'log.flush.interval.ms' && name !== names[0]) continue
    if (names.includes(name)) return names
  }
  return [name]
}

/**
 * As Kafka lists them: by source, and only from the first that has the asked-for name on. So a coarser unit that is
 * set in the file is no synonym while the finer one is set nowhere.
 */
function synonymsOf(
  names: readonly string[],
  asked: string,
  layers: { broker: BrokerConfig; dynamic: DynamicBrokerConfigs },
): ConfigSynonym[] {
  const all: ConfigSynonym[] = []
  const sources = [
    [configSources.dynamicBroker, (name: string) => layers.dynamic.broker.get(name)],
    [configSources.dynamicDefaultBroker, (name: string) => layers.dynamic.cluster.get(name)],
    [configSources.staticBroker, (name: string) => layers.broker.given.get(name)],
    [configSources.default, (name: string) => (brokerSettings as Settings)[name]?.default ?? undefined],
  ] as const
  for (const [source, valueOf] of sources) {
    for (const name of names) {
      const value = valueOf(name)
      if (value !== undefined) all.push({ name, value, source })
    }
  }
  const from = all.findIndex((synonym) => synonym.name === asked)
  return from < 0 ? [] : all.slice(from)
}

function described(facts: {
  name: string
  setting: Setting
  value: string | null
  synonyms: readonly ConfigSynonym[]
  readOnly: boolean
}): ConfigDescription {
  const { name, setting, synonyms } = facts
  const hide = (value: string | null) => (setting.sensitive ? null : value)
  return {
    name,
    value: hide(facts.value),
    source: synonyms[0]?.source ?? configSources.default,
    readOnly: facts.readOnly,
    sensitive: setting.sensitive,
    type: typeCodes[setting.type],
    synonyms: synonyms.map((synonym) => ({ ...synonym, value: hide(synonym.value) })),
    documentation: setting.about,
  }
}
