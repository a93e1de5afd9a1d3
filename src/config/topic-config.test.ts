import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noDynamicConfigs, parseBrokerConfig } from './broker-config.ts'
import { resolveTopicConfig, validateTopicConfigs } from './topic-config.ts'

const broker = (texts: Record<string, string>) => parseBrokerConfig({ 'log.dirs': '/data', ...texts })
const none = new Map<string, string>()

test('an unknown topic setting is refused and the nearest known one is named', () => {
  assert.equal(
    validateTopicConfigs({ 'retenton.ms': '1' })?.message,
    'unknown setting retenton.ms; did you mean retention.ms?',
  )
})

test('a bad value is refused with what would be right', () => {
  assert.match(validateTopicConfigs({ 'segment.bytes': '1024' })?.message ?? '', /at least 1048576/)
  assert.match(validateTopicConfigs({ 'min.cleanable.dirty.ratio': '1.5' })?.message ?? '', /from 0 to 1/)
  const lags = { 'min.compaction.lag.ms': '10', 'max.compaction.lag.ms': '5' }
  assert.match(validateTopicConfigs(lags)?.message ?? '', /must not be above/)
  assert.equal(validateTopicConfigs({ 'segment.bytes': '1048576', 'cleanup.policy': 'compact,delete' }), null)
})

test('a topic without overrides takes what the broker gives', () => {
  const config = resolveTopicConfig(broker({ 'log.segment.bytes': '2097152' }), noDynamicConfigs, none)
  assert.equal(config.segmentBytes, 2_097_152)
  assert.equal(config.retentionMs, 604_800_000)
  assert.equal(config.replicationScheme, 'isr')
})

test('of several units the finest that is set counts, wherever the coarser ones are set', () => {
  const hours = broker({ 'log.retention.hours': '2', 'log.roll.hours': '3', 'log.roll.jitter.hours': '1' })
  const byHours = resolveTopicConfig(hours, noDynamicConfigs, none)
  assert.deepEqual(
    [byHours.retentionMs, byHours.segmentMs, byHours.segmentJitterMs],
    [7_200_000, 10_800_000, 3_600_000],
  )
  const minutes = broker({ 'log.retention.hours': '2', 'log.retention.minutes': '5' })
  assert.equal(resolveTopicConfig(minutes, noDynamicConfigs, none).retentionMs, 300_000)
  const dynamic = { cluster: new Map([['log.retention.ms', '7']]), broker: none }
  assert.equal(resolveTopicConfig(minutes, dynamic, none).retentionMs, 7)
  assert.equal(resolveTopicConfig(broker({ 'log.retention.hours': '-1' }), noDynamicConfigs, none).retentionMs, -1)
})

test('layers cover each other: topic, one broker, all brokers, file, default', () => {
  const started = broker({ 'message.max.bytes': '4000' })
  const cluster = new Map([['message.max.bytes', '3000']])
  const one = new Map([['message.max.bytes', '2000']])
  const of = (dynamic: typeof noDynamicConfigs, own: ReadonlyMap<string, string>) =>
    resolveTopicConfig(started, dynamic, own).maxMessageBytes
  assert.equal(resolveTopicConfig(broker({}), noDynamicConfigs, none).maxMessageBytes, 1_048_588)
  assert.equal(of(noDynamicConfigs, none), 4_000)
  assert.equal(of({ cluster, broker: none }, none), 3_000)
  assert.equal(of({ cluster, broker: one }, none), 2_000)
  assert.equal(of({ cluster, broker: one }, new Map([['max.message.bytes', '1000']])), 1_000)
})

test('the segment size for tests stands for the real one', () => {
  assert.equal(validateTopicConfigs({ 'internal.segment.bytes': '500' }), null)
  const overrides = new Map([['internal.segment.bytes', '500']])
  assert.equal(resolveTopicConfig(broker({}), noDynamicConfigs, overrides).segmentBytes, 500)
})
