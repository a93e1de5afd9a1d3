import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namesOf } from './broker-config.ts'
import { brokerSettings } from './broker-settings.ts'
import type { Settings } from './setting.ts'
import { brokerDefaultsOf, type TopicSettingName, topicSettings } from './topic-settings.ts'

/**
 * Names, types, defaults and which of them are dynamic, as Kafka 4.3.1's own KafkaConfig and LogConfig tell them
 * (a small program on its jars printed the table). `none`: absent.
 */
const kafka = `
broker advertised.listeners list none
broker auto.create.topics.enable boolean true
broker auto.leader.rebalance.enable boolean true
broker broker.rack string none
broker compression.type string producer dynamic
broker connections.max.idle.ms long 600000
broker default.replication.factor int 1
broker delete.topic.enable boolean true
broker fetch.max.bytes int 57671680
broker group.initial.rebalance.delay.ms int 3000
broker group.max.session.timeout.ms int 1800000
broker group.max.size int 2147483647
broker group.min.session.timeout.ms int 6000
broker leader.imbalance.check.interval.seconds long 300
broker leader.imbalance.per.broker.percentage int 10
broker listeners list PLAINTEXT://:9092 dynamic
broker log.cleaner.backoff.ms long 15000 dynamic
broker log.cleaner.dedupe.buffer.size long 134217728 dynamic
broker log.cleaner.delete.retention.ms long 86400000 dynamic
broker log.cleaner.enable boolean true
broker log.cleaner.io.buffer.load.factor double 0.9 dynamic
broker log.cleaner.io.buffer.size int 524288 dynamic
broker log.cleaner.io.max.bytes.per.second double 1.7976931348623157E308 dynamic
broker log.cleaner.max.compaction.lag.ms long 9223372036854775807 dynamic
broker log.cleaner.min.cleanable.ratio double 0.5 dynamic
broker log.cleaner.min.compaction.lag.ms long 0 dynamic
broker log.cleanup.policy list delete dynamic
broker log.dirs list none
broker log.flush.interval.messages long 9223372036854775807 dynamic
broker log.flush.interval.ms long none dynamic
broker log.flush.offset.checkpoint.interval.ms int 60000
broker log.flush.scheduler.interval.ms long 9223372036854775807
broker log.flush.start.offset.checkpoint.interval.ms int 60000
broker log.index.interval.bytes int 4096 dynamic
broker log.index.size.max.bytes int 10485760 dynamic
broker log.message.timestamp.after.max.ms long 3600000 dynamic
broker log.message.timestamp.before.max.ms long 9223372036854775807 dynamic
broker log.message.timestamp.type string CreateTime dynamic
broker log.preallocate boolean false dynamic
broker log.retention.bytes long -1 dynamic
broker log.retention.check.interval.ms long 300000
broker log.retention.hours int 168
broker log.retention.minutes int none
broker log.retention.ms long none dynamic
broker log.roll.hours int 168
broker log.roll.jitter.hours int 0
broker log.roll.jitter.ms long none dynamic
broker log.roll.ms long none dynamic
broker log.segment.bytes int 1073741824 dynamic
broker log.segment.delete.delay.ms long 60000 dynamic
broker max.connection.creation.rate int 2147483647 dynamic
broker max.connections int 2147483647 dynamic
broker max.connections.per.ip int 2147483647 dynamic
broker max.connections.per.ip.overrides string empty dynamic
broker max.incremental.fetch.session.cache.slots int 1000
broker max.request.partition.size.limit int 2000
broker message.max.bytes int 1048588 dynamic
broker metadata.log.max.record.bytes.between.snapshots long 20971520
broker metadata.log.max.snapshot.interval.ms long 3600000
broker metadata.log.segment.bytes int 1073741824
broker metadata.log.segment.ms long 604800000
broker broker.heartbeat.interval.ms int 2000
broker broker.session.timeout.ms int 9000
broker controller.quorum.election.timeout.ms int 1000
broker controller.quorum.fetch.snapshot.max.bytes int 1048576
broker follower.replication.throttled.rate long 9223372036854775807 dynamic
broker leader.replication.throttled.rate long 9223372036854775807 dynamic
broker controller.quorum.voters list empty
broker process.roles list -
broker replica.selector.class string none
broker replica.lag.time.max.ms long 30000
broker min.insync.replicas int 1 dynamic
broker node.id int -
broker num.partitions int 1
broker offset.metadata.max.bytes int 4096
broker offsets.commit.timeout.ms int 5000
broker offsets.retention.check.interval.ms long 600000
broker offsets.retention.minutes int 10080
broker offsets.topic.num.partitions int 50
broker offsets.topic.replication.factor short 3
broker offsets.topic.segment.bytes int 104857600
broker producer.id.expiration.ms int 86400000 dynamic
broker queued.max.request.bytes long -1
broker socket.request.max.bytes int 104857600
broker unclean.leader.election.enable boolean false dynamic
topic  cleanup.policy list delete
topic  compression.type string producer
topic  delete.retention.ms long 86400000
topic  file.delete.delay.ms long 60000
topic  flush.messages long 9223372036854775807
topic  flush.ms long 9223372036854775807
topic  follower.replication.throttled.replicas list empty
topic  index.interval.bytes int 4096
topic  internal.segment.bytes int none
topic  leader.replication.throttled.replicas list empty
topic  max.compaction.lag.ms long 9223372036854775807
topic  max.message.bytes int 1048588
topic  message.timestamp.after.max.ms long 3600000
topic  message.timestamp.before.max.ms long 9223372036854775807
topic  message.timestamp.type string CreateTime
topic  min.cleanable.dirty.ratio double 0.5
topic  min.compaction.lag.ms long 0
topic  min.insync.replicas int 1
topic  preallocate boolean false
topic  retention.bytes long -1
topic  retention.ms long 604800000
topic  segment.bytes int 1073741824
topic  segment.index.bytes int 10485760
topic  segment.jitter.ms long 0
topic  segment.ms long 604800000
topic  unclean.leader.election.enable boolean false
`

/** Where Trilog departs from Kafka on purpose, with the reason. */
const departures: Readonly<Record<string, string>> = {
  'broker broker.heartbeat.interval.ms': 'between all brokers, so that failures are noticed in time',
  'broker broker.session.timeout.ms': 'failover within three seconds',
  'broker controller.quorum.election.timeout.ms': 'failover within three seconds',
  'broker listeners': 'only this machine by default, and never while running',
  'broker log.dirs': 'always given',
  'broker max.connections': 'every queue has a bound',
  'broker node.id': 'a cluster of one needs no number',
  'broker process.roles': 'one process alone is both',
  'broker producer.id.expiration.ms': 'taken when a log is opened',
  'broker queued.max.request.bytes': 'every queue has a bound',
}

/** Not known to Kafka. */
const own = new Set([
  'cluster.id',
  'connection.in.flight.max',
  'connection.in.flight.max.bytes',
  'connection.own.max.bytes',
  'connection.stalled.max.ms',
  'connection.unsent.max.bytes',
  'connection.unsent.max.ms',
  'fetch.session.partitions.max',
  'group.member.metadata.max.bytes',
  'group.pending.members.max',
  'http.host',
  'http.port',
  'insecure.listen',
  'log.file.handles.max',
  'log.read.buffers.max.bytes',
  'log.scrub.interval.ms',
  'log.scrub.io.max.bytes.per.second',
  'log.tail.memory.max.bytes',
  'majority.election.timeout.ms',
  'offsets.topic.replication.scheme',
  'peer.advertised.listener',
  'broker.groups',
  'peer.listener',
  'pooled.request.max.bytes',
  'queued.max.response.bytes',
  'receipts.kept.max.bytes',
  'receipts.kept.max.ms',
  'receipts.max',
  'primary.down.view',
  'replication.groups',
  'replication.scheme',
  'replication.sync.backups',
  'replication.unit',
  'sync.backup.timeout.ms',
  'sync.on.timeout',
])

/** Kafka has them and takes them, but tells nobody. */
const untold = new Set(['producer.id.expiration.check.interval.ms'])

const settingsOf = { broker: brokerSettings, topic: topicSettings } as const

test('types and defaults are those of Kafka 4.3.1, but for the departures that have a reason', () => {
  const seen = new Set<string>()
  for (const line of kafka.trim().split('\n')) {
    const [kind, name, type, byDefault, dynamic] = line.split(/ +/) as [
      'broker' | 'topic',
      string,
      string,
      string,
      string?,
    ]
    const setting = (settingsOf[kind] as Settings)[name]
    assert.ok(setting !== undefined, name)
    seen.add(`${kind} ${name}`)
    const told = setting.default === null ? 'none' : setting.default === '' ? 'empty' : setting.default
    const same = setting.type === type && told === byDefault && setting.dynamic === (dynamic === 'dynamic')
    assert.equal(same, !(`${kind} ${name}` in departures), `${name}: ${setting.type} ${told} against ${line}`)
  }
  for (const kind of ['broker', 'topic'] as const) {
    const unknown = Object.keys(settingsOf[kind]).filter((name) => {
      return !own.has(name) && !untold.has(name) && !seen.has(`${kind} ${name}`)
    })
    assert.deepEqual(unknown, [], 'settings that Kafka does not have are named as own')
  }
})

test('every default is a value that the setting takes, in canonical text', () => {
  for (const settings of [brokerSettings, topicSettings] as Settings[]) {
    for (const [name, setting] of Object.entries(settings)) {
      if (setting.default === null) continue
      const parsed = setting.parse(setting.default)
      assert.equal('text' in parsed ? parsed.text : parsed.problem, setting.default, name)
    }
  }
})

test('a topic has the same default whether the broker or the topic gives it', () => {
  for (const [name, sources] of Object.entries(brokerDefaultsOf)) {
    const last = sources.at(-1)
    const setting = (brokerSettings as Settings)[last?.name ?? '']
    assert.ok(last !== undefined && setting !== undefined, `${name} takes its default from a setting of the broker`)
    const text = last.factor === 1 ? setting.default : `${BigInt(setting.default ?? '') * BigInt(last.factor)}`
    assert.equal(text, topicSettings[name as TopicSettingName].default, name)
  }
})

test('settings for tests are told to nobody', () => {
  assert.ok(!namesOf(topicSettings).includes('internal.segment.bytes'))
})

test('every setting says what it does in sentences', () => {
  for (const settings of [brokerSettings, topicSettings] as Settings[]) {
    for (const [name, setting] of Object.entries(settings)) assert.match(setting.about, /^[A-Z].*\.$/, name)
  }
})

test('a setting whose default or type is not that of Kafka says so, and one of our own says that Kafka has it not', () => {
  for (const departure of Object.keys(departures)) {
    const [kind, name] = departure.split(' ') as ['broker' | 'topic', string]
    assert.match((settingsOf[kind] as Settings)[name]?.about ?? '', /\bKafka\b/, name)
  }
  for (const settings of [brokerSettings, topicSettings] as Settings[]) {
    for (const [name, setting] of Object.entries(settings)) {
      if (setting.internal) continue
      assert.equal(/(^|: )Trilog only\. /.test(setting.about), own.has(name), name)
    }
  }
})
