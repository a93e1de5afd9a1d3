import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noDynamicConfigs, parseBrokerConfig } from './broker-config.ts'
import {
  type ConfigDescription,
  describeBrokerConfig,
  describeClusterConfig,
  describeTopicConfig,
} from './describe-config.ts'

const none = new Map<string, string>()

/** A broker as the real Kafka of which the lines below were recorded: static, then dynamic for all brokers. */
const broker = parseBrokerConfig({
  'log.dirs': '/data',
  'log.retention.hours': '168',
  'log.segment.bytes': '1073741824',
  'num.partitions': '1',
})
const altered = {
  broker: none,
  cluster: new Map([
    ['log.retention.ms', '123456'],
    ['log.roll.ms', '7654321'],
  ]),
}

const sourceNames = ['', 'DYNAMIC_TOPIC', 'DYNAMIC_BROKER', 'DYNAMIC_DEFAULT_BROKER', 'STATIC_BROKER', 'DEFAULT']

/** As kafka-configs prints it. */
function line(told: ConfigDescription | undefined): string {
  assert.ok(told !== undefined)
  const synonyms = told.synonyms.map(({ name, value, source }) => `${sourceNames[source]}_CONFIG:${name}=${value}`)
  return `${told.name}=${told.value} sensitive=${told.sensitive} synonyms={${synonyms.join(', ')}}`
}

test('a topic is described as kafka-configs of Kafka 4.3.1 showed it', () => {
  const overrides = new Map([
    ['retention.ms', '777'],
    ['flush.messages', '1'],
  ])
  const names = [
    'retention.ms',
    'flush.messages',
    'flush.ms',
    'segment.ms',
    'segment.bytes',
    'leader.replication.throttled.replicas',
  ]
  assert.deepEqual(describeTopicConfig({ broker, dynamic: altered, overrides }, names).map(line), [
    'flush.messages=1 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:flush.messages=1, DEFAULT_CONFIG:log.flush.interval.messages=9223372036854775807}',
    'flush.ms=9223372036854775807 sensitive=false synonyms={}',
    'leader.replication.throttled.replicas= sensitive=false synonyms={}',
    'retention.ms=777 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=777, DYNAMIC_DEFAULT_BROKER_CONFIG:log.retention.ms=123456, STATIC_BROKER_CONFIG:log.retention.hours=168, DEFAULT_CONFIG:log.retention.hours=168}',
    'segment.bytes=1073741824 sensitive=false synonyms={STATIC_BROKER_CONFIG:log.segment.bytes=1073741824, DEFAULT_CONFIG:log.segment.bytes=1073741824}',
    'segment.ms=7654321 sensitive=false synonyms={DYNAMIC_DEFAULT_BROKER_CONFIG:log.roll.ms=7654321, DEFAULT_CONFIG:log.roll.hours=168}',
  ])
  const plain = describeTopicConfig({ broker, dynamic: noDynamicConfigs, overrides: none }, ['retention.ms'])
  assert.equal(line(plain[0]), 'retention.ms=604800000 sensitive=false synonyms={}')
})

test('a broker is described as kafka-configs of Kafka 4.3.1 showed it', () => {
  const names = [
    'log.retention.ms',
    'log.retention.minutes',
    'log.retention.hours',
    'log.roll.ms',
    'num.partitions',
    'log.flush.scheduler.interval.ms',
  ]
  assert.deepEqual(describeBrokerConfig({ broker, dynamic: altered }, names).map(line), [
    'log.flush.scheduler.interval.ms=9223372036854775807 sensitive=false synonyms={DEFAULT_CONFIG:log.flush.scheduler.interval.ms=9223372036854775807}',
    'log.retention.hours=168 sensitive=false synonyms={STATIC_BROKER_CONFIG:log.retention.hours=168, DEFAULT_CONFIG:log.retention.hours=168}',
    'log.retention.minutes=null sensitive=false synonyms={}',
    'log.retention.ms=123456 sensitive=false synonyms={DYNAMIC_DEFAULT_BROKER_CONFIG:log.retention.ms=123456, STATIC_BROKER_CONFIG:log.retention.hours=168, DEFAULT_CONFIG:log.retention.hours=168}',
    'log.roll.ms=7654321 sensitive=false synonyms={DYNAMIC_DEFAULT_BROKER_CONFIG:log.roll.ms=7654321, DEFAULT_CONFIG:log.roll.hours=168}',
    'num.partitions=1 sensitive=false synonyms={STATIC_BROKER_CONFIG:num.partitions=1, DEFAULT_CONFIG:num.partitions=1}',
  ])
})

test('the source is that of the value in force, and only dynamic settings are not read-only', () => {
  const told = describeBrokerConfig({ broker, dynamic: altered }, ['log.retention.ms', 'num.partitions', 'node.id'])
  assert.deepEqual(
    told.map(({ name, source, readOnly, type }) => [name, source, readOnly, type]),
    [
      ['log.retention.ms', 3, false, 5],
      ['node.id', 5, true, 3],
      ['num.partitions', 4, true, 3],
    ],
  )
})

test('all settings are described when no names are given, and unknown names are left out', () => {
  const all = describeTopicConfig({ broker, dynamic: noDynamicConfigs, overrides: none }, null)
  assert.ok(all.length > 25)
  assert.ok(all.every((told) => told.documentation !== '' && !told.readOnly))
  assert.deepEqual(describeTopicConfig({ broker, dynamic: noDynamicConfigs, overrides: none }, ['nothing']), [])
})

test('the settings of all brokers are those that were set while running', () => {
  assert.deepEqual(
    describeClusterConfig(altered.cluster, null).map((told) => [told.name, told.value, told.source]),
    [
      ['log.retention.ms', '123456', 3],
      ['log.roll.ms', '7654321', 3],
    ],
  )
})
