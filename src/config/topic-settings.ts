import type { ValuesOf } from './setting.ts'
import { boolean, double, int, list, long, longMax, oneOf } from './setting-kinds.ts'

const throttled = (what: string) => ({
  about: `Replicas ${what} is throttled while they are far behind: PARTITION:BROKER each, or * for all.`,
  default: [],
})

/** Everything that can be set per topic. Names, defaults and bounds are Kafka 4.3's but where `about` says otherwise. */
export const topicSettings = {
  'cleanup.policy': list({
    default: ['delete'],
    values: ['delete', 'compact'],
    about:
      'What happens to old records: delete removes whole segments by age and size, compact keeps the last record of each key, as soon as log.cleaner.* comes to it. Both may be given.',
  }),
  'compression.type': oneOf(['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'], {
    default: 'producer',
    about:
      'How batches are stored: as the producer compressed them, or all in one way, for which the broker opens those that come in another and compresses them anew, on its one thread.',
  }),
  'delete.retention.ms': long({
    default: 86_400_000,
    min: 0,
    about:
      'How long a compacted topic keeps the marks of deleted keys after the first compaction that meets them, so that a slow consumer still sees them.',
  }),
  'file.delete.delay.ms': long({
    default: 60_000,
    min: 0,
    about: 'How long files of a removed segment stay on disk.',
  }),
  'flush.messages': long({
    default: longMax,
    min: 1,
    about:
      'Records after which the log is synced to disk, and which count as stored only then. 1: every acknowledged record is on disk. The default leaves syncing to the operating system, as Kafka does.',
  }),
  'flush.ms': long({
    default: longMax,
    min: 0,
    about: 'Longest time that a written record waits for a sync to disk.',
  }),
  'follower.replication.throttled.replicas': list(throttled('whose fetching')),
  'index.interval.bytes': int({
    default: 4_096,
    min: 0,
    about: 'Bytes of log between two entries of the offset index.',
  }),
  'internal.segment.bytes': int({
    default: null,
    min: 1,
    internal: true,
    about: 'Stands for segment.bytes, without its lower bound: tests roll segments with it.',
  }),
  'leader.replication.throttled.replicas': list(throttled('whose sending, as leaders, to others')),
  'max.compaction.lag.ms': long({
    default: longMax,
    min: 1,
    about:
      'Longest time that a record of a compacted topic stays uncompacted, the time until its segment is rolled included, which the next append then does.',
  }),
  'max.message.bytes': int({
    default: 1_048_588,
    min: 0,
    about: 'Largest record batch that is taken, header and all, as the producer compressed it.',
  }),
  'message.timestamp.after.max.ms': long({
    default: 3_600_000,
    min: 0,
    about:
      'How far ahead of the clock of the broker a timestamp may be; beyond it the batch is refused. Not looked at with LogAppendTime.',
  }),
  'message.timestamp.before.max.ms': long({
    default: longMax,
    min: 0,
    about:
      'How far behind the clock of the broker a timestamp may be; beyond it the batch is refused. Not looked at with LogAppendTime.',
  }),
  'message.timestamp.type': oneOf(['CreateTime', 'LogAppendTime'], {
    default: 'CreateTime',
    about: 'Whose time a record carries: that of the producer, or that of the append.',
  }),
  'min.cleanable.dirty.ratio': double({
    default: 0.5,
    min: 0,
    max: 1,
    about: 'Share of uncompacted bytes from which on a compacted log is worth compacting.',
  }),
  'min.compaction.lag.ms': long({
    default: 0,
    min: 0,
    about: 'Shortest time that a record of a compacted topic stays uncompacted.',
  }),
  'min.insync.replicas': int({
    default: 1,
    min: 1,
    about:
      'In-sync replicas without which nothing commits, and a producer that asks for all acknowledgements is refused.',
  }),
  preallocate: boolean({
    default: false,
    about: 'Makes the file of a segment at its full size, trimmed when it is rolled.',
  }),
  'primary.down.view': oneOf(['read', 'none'], {
    default: 'read',
    about:
      'Trilog only. primary-backup: what Kafka clients are told of a partition whose primary is away. read: a backup as its leader, where consumers go on and producers are refused. none: no leader, so that producers choose other partitions and consumers wait.',
  }),
  'replication.groups': list({
    default: [],
    about:
      'Trilog only. Broker groups over which the partitions are dealt in turn: their names, or how many the cluster is to choose (of those with the fewest partitions so far; majority: of the largest groups, others: of the smallest). The members of its group hold a partition, in their order. Empty: partitions are dealt over all brokers. Taken when the topic is made, with the names of those that were chosen.',
  }),
  'replication.scheme': oneOf(['isr', 'majority', 'primary-backup'], {
    default: 'isr',
    about:
      'Trilog only. How the topic is replicated: isr, as Kafka does it; majority: more than half of the replicas must have a record, and they elect their leader themselves; primary-backup, as RocketMQ: the first replica leads or nobody, and consumers go on at a backup. Taken when the topic is made.',
  }),
  'replication.sync.backups': int({
    default: 0,
    min: 0,
    about:
      'Trilog only. primary-backup: how many backups must have a record besides the primary before it is acknowledged; 0: none, they copy it afterwards. Taken when the topic is made.',
  }),
  'replication.unit': oneOf(['partition', 'broker'], {
    default: 'partition',
    about:
      'Trilog only. What has a log of its own: partition, as in Kafka; broker: all that is dealt to a broker group (replication.groups) together, as in RocketMQ: partitions are queues of its commit log. By majority or primary-backup. Taken when the topic is made.',
  }),
  'retention.bytes': long({
    default: -1,
    about:
      'Bytes of a partition beyond which its oldest segments are removed; -1: no bound. Looked at every log.retention.check.interval.ms.',
  }),
  'retention.ms': long({
    default: 604_800_000,
    min: -1,
    about:
      'Age of its newest record at which a segment is removed, the one that is written to included; -1: none. Looked at every log.retention.check.interval.ms.',
  }),
  'segment.bytes': int({
    default: 1_073_741_824,
    min: 1_048_576,
    about: 'Size at which a new segment is begun.',
  }),
  'segment.index.bytes': int({
    default: 10_485_760,
    min: 4,
    about: 'Largest offset index; a full one begins a new segment.',
  }),
  'segment.jitter.ms': long({
    default: 0,
    min: 0,
    about: 'Each segment takes a random part of this off segment.ms, so that not all are begun at once.',
  }),
  'segment.ms': long({
    default: 604_800_000,
    min: 1,
    about: 'Age of its first record at which a segment is closed and a new one begun by the next append.',
  }),
  'sync.backup.timeout.ms': int({
    default: 3_000,
    min: 100,
    about:
      'Trilog only. primary-backup with sync.on.timeout=degrade: how long backups may lack what the primary has, or be out of touch, before it goes on alone; looked at every 250 ms.',
  }),
  'sync.on.timeout': oneOf(['none', 'degrade'], {
    default: 'none',
    about:
      'Trilog only. primary-backup with replication.sync.backups: what the primary does when its backups do not keep up. none: records are refused, or time out. degrade: it acknowledges alone until they have everything again, with a warning and the metric trilog_degraded_partitions; the loss of its disk would undo that, and nobody is promoted in its place without it, but with --unclean. Taken when the topic is made.',
  }),
  'unclean.leader.election.enable': boolean({
    default: false,
    about:
      'With isr, where nobody in sync is left, lets the replica with the longest log lead, which loses what that one has not. Looked at on the process that decides. Without effect on a topic of one replica.',
  }),
} as const

export type TopicSettingName = keyof typeof topicSettings

/** A topic's settings as the broker acts by them. */
export type TopicConfig = ValuesOf<typeof topicSettings>

interface BrokerDefault {
  readonly name: string
  /** What one of the broker's units is in the topic's. */
  readonly factor: number
}

/**
 * Where a topic setting's default comes from: the first of these that the broker has been given. The first is the
 * name that DescribeConfigs shows, with the others as its synonyms.
 */
export const brokerDefaultsOf: Readonly<Partial<Record<TopicSettingName, readonly BrokerDefault[]>>> = {
  'cleanup.policy': same('log.cleanup.policy'),
  'compression.type': same('compression.type'),
  'delete.retention.ms': same('log.cleaner.delete.retention.ms'),
  'file.delete.delay.ms': same('log.segment.delete.delay.ms'),
  'flush.messages': same('log.flush.interval.messages'),
  'flush.ms': [...same('log.flush.interval.ms'), ...same('log.flush.scheduler.interval.ms')],
  'index.interval.bytes': same('log.index.interval.bytes'),
  'max.compaction.lag.ms': same('log.cleaner.max.compaction.lag.ms'),
  'max.message.bytes': same('message.max.bytes'),
  'message.timestamp.after.max.ms': same('log.message.timestamp.after.max.ms'),
  'message.timestamp.before.max.ms': same('log.message.timestamp.before.max.ms'),
  'message.timestamp.type': same('log.message.timestamp.type'),
  'min.cleanable.dirty.ratio': same('log.cleaner.min.cleanable.ratio'),
  'min.compaction.lag.ms': same('log.cleaner.min.compaction.lag.ms'),
  'min.insync.replicas': same('min.insync.replicas'),
  preallocate: same('log.preallocate'),
  'retention.bytes': same('log.retention.bytes'),
  'retention.ms': [
    { name: 'log.retention.ms', factor: 1 },
    { name: 'log.retention.minutes', factor: 60_000 },
    { name: 'log.retention.hours', factor: 3_600_000 },
  ],
  'segment.bytes': same('log.segment.bytes'),
  'segment.index.bytes': same('log.index.size.max.bytes'),
  'segment.jitter.ms': [
    { name: 'log.roll.jitter.ms', factor: 1 },
    { name: 'log.roll.jitter.hours', factor: 3_600_000 },
  ],
  'segment.ms': [
    { name: 'log.roll.ms', factor: 1 },
    { name: 'log.roll.hours', factor: 3_600_000 },
  ],
  'unclean.leader.election.enable': same('unclean.leader.election.enable'),
}

function same(name: string): readonly BrokerDefault[] {
  return [{ name, factor: 1 }]
}
