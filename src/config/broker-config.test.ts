import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  InvalidBrokerConfig,
  noDynamicConfigs,
  parseBrokerConfig,
  resolveBrokerConfig,
  validateDynamicBrokerConfigs,
} from './broker-config.ts'

const least = { 'log.dirs': '/data' }

function problemsOf(texts: Record<string, string>): string[] {
  try {
    parseBrokerConfig({ ...least, ...texts })
  } catch (error) {
    assert.ok(error instanceof InvalidBrokerConfig)
    return error.refusals.map((refusal) => refusal.message)
  }
  return []
}

test('an unknown name is refused and the nearest known one is named', () => {
  assert.deepEqual(problemsOf({ 'num.partition': '3' }), [
    'unknown setting num.partition; did you mean num.partitions?',
  ])
  assert.deepEqual(problemsOf({ 'log.retntion.ms': '3' }), [
    'unknown setting log.retntion.ms; did you mean log.retention.ms?',
  ])
  assert.deepEqual(problemsOf({ zookeeper: 'x' }), ['unknown setting zookeeper'])
  assert.deepEqual(problemsOf({ constructor: 'x' }), ['unknown setting constructor'])
})

test('bounds of connections by address are read, and nobody at all is not meant', () => {
  const texts = { 'max.connections.per.ip': '0', 'max.connections.per.ip.overrides': '10.0.0.1:5, ::1:2,[fe80::1]:3' }
  const { maxConnectionsPerIpOverrides } = parseBrokerConfig({ ...least, ...texts })
  assert.deepEqual(
    [...maxConnectionsPerIpOverrides],
    [
      ['10.0.0.1', 5],
      ['::1', 2],
      ['fe80::1', 3],
    ],
  )
  assert.equal(problemsOf({ 'max.connections.per.ip': '0' }).length, 1)
  for (const bad of ['10.0.0.1', '10.0.0.1:many', ':5', '10.0.0.1:-1']) {
    assert.equal(problemsOf({ 'max.connections.per.ip.overrides': bad }).length, 1, bad)
  }
})

test('a bad value is refused with what would be right', () => {
  assert.deepEqual(problemsOf({ 'num.partitions': 'many' }), ['num.partitions: "many" is no whole number (at least 1)'])
  assert.deepEqual(problemsOf({ 'num.partitions': '0' }), ['num.partitions: "0" is out of range: at least 1'])
  assert.deepEqual(problemsOf({ 'http.port': '70000' }), ['http.port: "70000" is out of range: from -1 to 65535'])
  assert.deepEqual(problemsOf({ 'num.partitions': '2147483648' }).length, 1)
  assert.deepEqual(problemsOf({ 'delete.topic.enable': 'yes' }), [
    'delete.topic.enable: "yes" is neither true nor false',
  ])
  assert.deepEqual(problemsOf({ 'log.message.timestamp.type': 'Now' }), [
    'log.message.timestamp.type: "Now" is none of CreateTime, LogAppendTime',
  ])
  assert.deepEqual(problemsOf({ 'compression.type': 'lzma' }), [
    'compression.type: "lzma" is none of uncompressed, zstd, lz4, snappy, gzip, producer',
  ])
  assert.match(
    problemsOf({ 'log.cleanup.policy': 'delete,shrink' })[0] ?? '',
    /holds "shrink", which is not any of delete, compact/,
  )
})

test('all that is wrong is told at once', () => {
  assert.equal(problemsOf({ 'num.partitions': '0', 'node.id': '-1', nodeid: '1' }).length, 3)
})

test('a scheme that there is not is refused', () => {
  assert.match(problemsOf({ 'replication.scheme': 'quorum' })[0] ?? '', /none of isr/)
})

test('a listener that other machines reach is refused unless that is meant', () => {
  const open = { listeners: 'PLAINTEXT://192.0.2.7:9092' }
  assert.match(problemsOf(open)[0] ?? '', /192\.0\.2\.7 is open to other machines.*--insecure-listen/)
  assert.deepEqual(problemsOf({ ...open, 'insecure.listen': 'true' }), [])
  assert.match(problemsOf({ 'http.host': '0.0.0.0' })[0] ?? '', /^http\.host: 0\.0\.0\.0 is open to other machines/)
  assert.deepEqual(problemsOf({ 'http.host': '0.0.0.0', 'http.port': '-1' }), [])
  for (const host of ['127.0.0.1', '127.9.9.9', 'localhost', '[::1]']) {
    assert.deepEqual(problemsOf({ listeners: `PLAINTEXT://${host}:0` }), [], host)
  }
})

test('a wildcard listener needs an address to tell clients', () => {
  const every = { listeners: 'PLAINTEXT://:9092', 'insecure.listen': 'true' }
  assert.match(problemsOf(every)[0] ?? '', /advertised\.listeners must say/)
  assert.deepEqual(problemsOf({ ...every, 'advertised.listeners': 'PLAINTEXT://broker.example:9092' }), [])
  assert.match(problemsOf({ ...every, 'advertised.listeners': 'PLAINTEXT://0.0.0.0:9092' })[0] ?? '', /wildcard/)
})

test('listeners are read with names, hosts and ports', () => {
  const { listeners } = parseBrokerConfig({ ...least, listeners: 'plaintext://[::1]:19092' })
  assert.deepEqual(listeners, [{ name: 'PLAINTEXT', host: '::1', port: 19_092 }])
  for (const text of ['9092', 'PLAINTEXT://127.0.0.1', 'PLAINTEXT://127.0.0.1:99999', 'A://h:1,B://h:2', 'A://::1:9']) {
    assert.equal(problemsOf({ listeners: text }).length, 1, text)
  }
})

test('exactly one folder of logs is taken', () => {
  assert.match(problemsOf({ 'log.dirs': '' })[0] ?? '', /exactly one folder must be given, 0 are/)
  assert.match(problemsOf({ 'log.dirs': '/a,/b' })[0] ?? '', /2 are/)
})

test('values come typed, with defaults where nothing is given', () => {
  const config = parseBrokerConfig({ ...least, 'num.partitions': ' 6 ', 'auto.create.topics.enable': 'FALSE' })
  assert.equal(config.numPartitions, 6)
  assert.equal(config.autoCreateTopicsEnable, false)
  assert.equal(config.logRetentionMs, null)
  assert.equal(config.logFlushIntervalMessages, Number.MAX_SAFE_INTEGER)
  assert.deepEqual(config.logDirs, ['/data'])
  assert.equal(config.given.get('num.partitions'), '6')
  assert.equal(config.given.has('node.id'), false)
})

test('what is set while running covers the file, for one broker before for all', () => {
  const started = parseBrokerConfig({ ...least, 'message.max.bytes': '1000' })
  assert.equal(resolveBrokerConfig(started, noDynamicConfigs), started)
  const cluster = new Map([['message.max.bytes', '2000']])
  assert.equal(resolveBrokerConfig(started, { cluster, broker: new Map() }).messageMaxBytes, 2_000)
  const broker = new Map([['message.max.bytes', '3000']])
  assert.equal(resolveBrokerConfig(started, { cluster, broker }).messageMaxBytes, 3_000)
})

test('only dynamic settings change while the broker runs', () => {
  assert.equal(validateDynamicBrokerConfigs({ 'log.retention.ms': '1' }), null)
  assert.match(validateDynamicBrokerConfigs({ 'node.id': '2' })?.message ?? '', /cannot change while the broker runs/)
  assert.match(validateDynamicBrokerConfigs({ 'log.retention.ms': 'x' })?.message ?? '', /no whole number/)
  assert.match(
    validateDynamicBrokerConfigs({ 'log.retention.m': '1' })?.message ?? '',
    /did you mean log\.retention\.ms/,
  )
})
