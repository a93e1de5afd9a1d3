import { boolean, double, int, list, long, longMax, oneOf } from './setting-kinds.ts'
import { topicSettings } from './topic-settings.ts'

const defaultOf = (topic: keyof typeof topicSettings) => `Default of ${topic}: ${topicSettings[topic].about}`

/**
 * What the broker gives to topics that do not set it themselves. All but those in coarser units may change while it
 * runs. Defaults are Kafka 4.3's.
 */
export const topicDefaultSettings = {
  'compression.type': oneOf(['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'], {
    default: 'producer',
    dynamic: true,
    about: defaultOf('compression.type'),
  }),
  'log.cleaner.delete.retention.ms': long({
    default: 86_400_000,
    min: 0,
    dynamic: true,
    about: defaultOf('delete.retention.ms'),
  }),
  'log.cleaner.max.compaction.lag.ms': long({
    default: longMax,
    min: 1,
    dynamic: true,
    about: defaultOf('max.compaction.lag.ms'),
  }),
  'log.cleaner.min.cleanable.ratio': double({
    default: 0.5,
    min: 0,
    max: 1,
    dynamic: true,
    about: defaultOf('min.cleanable.dirty.ratio'),
  }),
  'log.cleaner.min.compaction.lag.ms': long({
    default: 0,
    min: 0,
    dynamic: true,
    about: defaultOf('min.compaction.lag.ms'),
  }),
  'log.cleanup.policy': list({
    default: ['delete'],
    values: ['delete', 'compact'],
    dynamic: true,
    about: defaultOf('cleanup.policy'),
  }),
  'log.flush.interval.messages': long({
    default: longMax,
    min: 1,
    dynamic: true,
    about: defaultOf('flush.messages'),
  }),
  'log.flush.interval.ms': long({ default: null, dynamic: true, about: defaultOf('flush.ms') }),
  'log.flush.scheduler.interval.ms': long({
    default: longMax,
    about: 'Stands for log.flush.interval.ms where that is not set.',
  }),
  'log.index.interval.bytes': int({
    default: 4_096,
    min: 0,
    dynamic: true,
    about: defaultOf('index.interval.bytes'),
  }),
  'log.index.size.max.bytes': int({
    default: 10_485_760,
    min: 4,
    dynamic: true,
    about: defaultOf('segment.index.bytes'),
  }),
  'log.message.timestamp.after.max.ms': long({
    default: 3_600_000,
    min: 0,
    dynamic: true,
    about: defaultOf('message.timestamp.after.max.ms'),
  }),
  'log.message.timestamp.before.max.ms': long({
    default: longMax,
    min: 0,
    dynamic: true,
    about: defaultOf('message.timestamp.before.max.ms'),
  }),
  'log.message.timestamp.type': oneOf(['CreateTime', 'LogAppendTime'], {
    default: 'CreateTime',
    dynamic: true,
    about: defaultOf('message.timestamp.type'),
  }),
  'log.preallocate': boolean({ default: false, dynamic: true, about: defaultOf('preallocate') }),
  'log.retention.bytes': long({ default: -1, dynamic: true, about: defaultOf('retention.bytes') }),
  'log.retention.hours': int({
    default: 168,
    about: `In hours, where nothing finer is set. ${defaultOf('retention.ms')}`,
  }),
  'log.retention.minutes': int({
    default: null,
    about: `In minutes, where log.retention.ms is not set. ${defaultOf('retention.ms')}`,
  }),
  'log.retention.ms': long({ default: null, dynamic: true, about: defaultOf('retention.ms') }),
  'log.roll.hours': int({
    default: 168,
    min: 1,
    about: `In hours, where log.roll.ms is not set. ${defaultOf('segment.ms')}`,
  }),
  'log.roll.jitter.hours': int({
    default: 0,
    min: 0,
    about: `In hours, where log.roll.jitter.ms is not set. ${defaultOf('segment.jitter.ms')}`,
  }),
  'log.roll.jitter.ms': long({ default: null, dynamic: true, about: defaultOf('segment.jitter.ms') }),
  'log.roll.ms': long({ default: null, dynamic: true, about: defaultOf('segment.ms') }),
  'log.segment.bytes': int({
    default: 1_073_741_824,
    min: 1_048_576,
    dynamic: true,
    about: defaultOf('segment.bytes'),
  }),
  'log.segment.delete.delay.ms': long({
    default: 60_000,
    min: 0,
    dynamic: true,
    about: defaultOf('file.delete.delay.ms'),
  }),
  'message.max.bytes': int({ default: 1_048_588, min: 0, dynamic: true, about: defaultOf('max.message.bytes') }),
  'min.insync.replicas': int({ default: 1, min: 1, dynamic: true, about: defaultOf('min.insync.replicas') }),
  'replication.scheme': oneOf(['isr', 'majority', 'primary-backup'], {
    default: 'isr',
    about: 'Trilog only. What replication.scheme is for topics that are made without it.',
  }),
  'unclean.leader.election.enable': boolean({
    default: false,
    dynamic: true,
    about: defaultOf('unclean.leader.election.enable'),
  }),
} as const
