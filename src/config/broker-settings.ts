import { connectionOverridesForm, parseConnectionOverrides } from './connection-overrides.ts'
import { type Endpoint, endpointForm, parseEndpoints } from './endpoint.ts'
import { clusterSettings } from './cluster-settings.ts'
import { boolean, custom, double, int, list, long, oneOf, short, string } from './setting-kinds.ts'
import { topicDefaultSettings } from './topic-default-settings.ts'

const mib = 1_048_576

const networkSettings = {
  'advertised.listeners': custom<readonly Endpoint[] | null>(
    'list',
    { default: null, allowed: endpointForm, about: 'Where clients reach this broker, if not at what listeners says.' },
    parseEndpoints,
  ),
  'connection.in.flight.max': int({
    default: 1_000,
    min: 1,
    about: 'Trilog only. Requests of one connection that may wait for their answers; with more it is not read from.',
  }),
  'connection.in.flight.max.bytes': int({
    default: 128 * mib,
    min: 1,
    about:
      'Trilog only. Bytes of such requests of one connection; with more it is not read from. One request always passes.',
  }),
  'connection.own.max.bytes': int({
    default: 32 * 1_024,
    min: 0,
    about:
      'Trilog only. Bytes that one connection may hold whatever all others hold, of a request that comes, of those that are served, and of answers; what is beyond counts against queued.max.request.bytes and queued.max.response.bytes.',
  }),
  'connection.stalled.max.ms': int({
    default: 30_000,
    min: 1,
    about:
      'Trilog only. A connection on which a request has begun to come and nothing more came for this long is closed; slow ones are closed after one second while others wait for the memory.',
  }),
  'connection.unsent.max.bytes': int({
    default: mib,
    min: 1,
    about: 'Trilog only. Bytes of answers that a client has not taken yet; with more it is not read from.',
  }),
  'connection.unsent.max.ms': int({
    default: 60_000,
    min: 1,
    about:
      'Trilog only. A connection whose client has not taken an answer for this long is closed; for one second, while others wait for the memory.',
  }),
  'connections.max.idle.ms': long({
    default: 600_000,
    min: 1,
    about: 'A connection that is silent for this long is closed.',
  }),
  'fetch.max.bytes': int({
    default: 55 * mib,
    min: 1_024,
    about: 'Most bytes of one fetch answer, whatever the client asks for; one batch is always given whole.',
  }),
  'fetch.session.partitions.max': int({
    default: 500_000,
    min: 0,
    about: 'Trilog only. Partitions in all fetch sessions together; with more, clients go on without a session.',
  }),
  'http.host': string({ default: '127.0.0.1', about: 'Trilog only. Address of the HTTP port.' }),
  'http.port': int({
    default: 8_080,
    min: -1,
    max: 65_535,
    about: 'Trilog only. Port of /metrics, /health and /receipts; 0: a free one, -1: none.',
  }),
  'insecure.listen': boolean({
    default: false,
    about:
      'Trilog only. Lets the broker take connections from other machines without encryption or login, which it refuses otherwise.',
  }),
  listeners: custom<readonly Endpoint[]>(
    'list',
    {
      default: 'PLAINTEXT://127.0.0.1:9092',
      allowed: endpointForm,
      about:
        'Where the broker takes Kafka clients. Only this machine by default, where Kafka takes all interfaces. Port 0: a free one.',
    },
    parseEndpoints,
  ),
  'max.connection.creation.rate': int({
    default: 2_147_483_647,
    min: 0,
    dynamic: true,
    about:
      'Connections that are taken in a second, in the long run; those of ten seconds may come at once. More wait. Only for the broker as a whole: Kafka also takes it for one listener.',
  }),
  'max.connections': int({
    default: 10_000,
    min: 0,
    dynamic: true,
    about:
      'Connections at once. More wait until one is closed, at most 1024 of them, and further ones are closed. Where it is lowered, those that have been silent longest are closed. Only for the broker as a whole. Kafka has no bound by default.',
  }),
  'max.connections.per.ip': int({
    default: 2_147_483_647,
    min: 0,
    dynamic: true,
    about: 'Connections from one address at once; one more is closed.',
  }),
  'max.connections.per.ip.overrides': custom<ReadonlyMap<string, number>>(
    'string',
    {
      default: '',
      dynamic: true,
      allowed: connectionOverridesForm,
      about: 'Other bounds for some addresses. Names of hosts, which Kafka also takes, are not looked up.',
    },
    parseConnectionOverrides,
  ),
  'max.incremental.fetch.session.cache.slots': int({
    default: 1_000,
    min: 0,
    about: 'Fetch sessions that are remembered; the least recently used one gives way.',
  }),
  'max.request.partition.size.limit': int({
    default: 2_000,
    min: 1,
    about: 'Most partitions in one answer that describes topics; the client asks on from there.',
  }),
  'pooled.request.max.bytes': int({
    default: 64 * mib,
    min: 0,
    about: 'Trilog only. Bytes of request buffers that are kept for reuse.',
  }),
  'queued.max.request.bytes': long({
    default: 256 * mib,
    min: 1,
    about:
      'Bytes of unanswered requests of all connections, at most half of them of requests that have begun to come; with more, clients wait. Kafka has no bound by default.',
  }),
  'queued.max.response.bytes': long({
    default: 256 * mib,
    min: 1,
    about:
      'Trilog only. Bytes that unsent answers of all connections may hold; with more, fetches give less and requests with large answers wait.',
  }),
  'socket.request.max.bytes': int({
    default: 100 * mib,
    min: 1,
    about: 'Largest request; a connection that announces a larger one is closed.',
  }),
}

const storageSettings = {
  'log.cleaner.backoff.ms': long({
    default: 15_000,
    min: 0,
    dynamic: true,
    about: 'How long after a look at which no log was worth a compaction the next one comes.',
  }),
  'log.cleaner.dedupe.buffer.size': long({
    default: 128 * mib,
    min: 1_024,
    dynamic: true,
    about:
      'Most bytes for the newest offsets of keys, 24 each, during a compaction. Taken while one runs, as many as its log has use for; a log with more keys takes several.',
  }),
  'log.cleaner.enable': boolean({
    default: true,
    about: 'Whether logs are compacted. Without it compacted topics only grow.',
  }),
  'log.cleaner.io.buffer.load.factor': double({
    default: 0.9,
    min: 0.01,
    max: 1,
    dynamic: true,
    about:
      'Share of log.cleaner.dedupe.buffer.size that may be filled; the fuller it is, the longer a look into it takes.',
  }),
  'log.cleaner.io.buffer.size': int({
    default: 524_288,
    min: 0,
    dynamic: true,
    about:
      'Bytes of buffers that a compaction reads into and writes from; 32768 at least. A larger batch takes its own size.',
  }),
  'log.cleaner.io.max.bytes.per.second': double({
    default: Number.MAX_VALUE,
    min: 1,
    dynamic: true,
    about: 'Most bytes that compactions read and write in a second.',
  }),
  'log.dirs': list({
    default: [],
    about: 'Folder of the logs. Exactly one in this release, and always given; Kafka takes several.',
  }),
  'log.file.handles.max': int({
    default: 4_096,
    min: 16,
    about: 'Trilog only. Files that are open at once; the least recently used one is closed.',
  }),
  'log.flush.offset.checkpoint.interval.ms': int({
    default: 60_000,
    min: 1,
    about:
      'How often it is noted up to where logs are synced. After a crash a log is checked from there on. Kafka also takes 0.',
  }),
  'log.flush.start.offset.checkpoint.interval.ms': int({
    default: 60_000,
    min: 1,
    about: 'How often it is noted where logs begin. Kafka also takes 0.',
  }),
  'log.read.buffers.max.bytes': int({
    default: 64 * mib,
    min: 0,
    about: 'Trilog only. Bytes of buffers for reads from disk that are kept for reuse.',
  }),
  'log.retention.check.interval.ms': long({
    default: 300_000,
    min: 1,
    about: 'How often logs are looked at for segments to remove. The first time at most 30 s after the start.',
  }),
  'log.scrub.interval.ms': long({
    default: 604_800_000,
    min: -1,
    about:
      'Trilog only. How long after the last time all logs are read again from the disk and checked for damage; the first time 30 s after the start. -1: never.',
  }),
  'log.scrub.io.max.bytes.per.second': double({
    default: mib,
    min: 1,
    about: 'Trilog only. Most bytes that are read for that in a second.',
  }),
  'log.tail.memory.max.bytes': int({
    default: 128 * mib,
    min: mib,
    about:
      'Trilog only. Bytes of the newest records of all logs that are held in memory, so that consumers which keep up need no disk.',
  }),
  'producer.id.expiration.check.interval.ms': int({
    default: 600_000,
    min: 1,
    about: 'How often producers that have been silent for too long are looked for.',
  }),
  'producer.id.expiration.ms': int({
    default: 86_400_000,
    min: 1,
    about:
      'A producer that was silent for this long is forgotten, and with it which of its batches are repeats. Taken when a log is opened; Kafka can change it while it runs.',
  }),
}

const receiptSettings = {
  'receipts.kept.max.bytes': long({
    default: 256 * mib,
    min: 0,
    about:
      'Trilog only. Bytes of cut records that are kept beside the logs, for all receipts together; with more the oldest go. One cut keeps a quarter of it at most. 0: nothing is kept.',
  }),
  'receipts.kept.max.ms': long({
    default: 604_800_000,
    min: 1,
    about: 'Trilog only. How long cut records are kept; their receipts stay.',
  }),
  'receipts.max': int({
    default: 1_000,
    min: 1,
    about: 'Trilog only. Receipts of lost records that a broker keeps; with more the oldest go.',
  }),
}

const groupSettings = {
  'group.initial.rebalance.delay.ms': int({
    default: 3_000,
    min: 0,
    about: 'How long the first rebalance of an empty group waits for more members. `trilog up` sets 0.',
  }),
  'group.max.session.timeout.ms': int({
    default: 1_800_000,
    min: 1,
    about: 'Longest session timeout that a member may ask for.',
  }),
  'group.max.size': int({ default: 2_147_483_647, min: 1, about: 'Members of one group; more are refused.' }),
  'group.member.metadata.max.bytes': int({
    default: 1_000_000,
    min: 1,
    about: 'Trilog only. Bytes that one member may say about itself. All members of a group go into one record.',
  }),
  'group.min.session.timeout.ms': int({
    default: 6_000,
    min: 1,
    about: 'Shortest session timeout that a member may ask for.',
  }),
  'group.pending.members.max': int({
    default: 10_000,
    min: 1,
    about: 'Trilog only. Member ids of one group that were given out and not used yet; more are refused.',
  }),
  'offset.metadata.max.bytes': int({
    default: 4_096,
    min: 0,
    about: 'Longest text that a client may keep beside an offset.',
  }),
  'offsets.commit.timeout.ms': int({
    default: 5_000,
    min: 1,
    about: 'How long a client waits for a commit of offsets, or a deletion; it may be done still.',
  }),
  'offsets.retention.check.interval.ms': long({
    default: 600_000,
    min: 1,
    about: 'How often old offsets are looked for.',
  }),
  'offsets.retention.minutes': int({
    default: 10_080,
    min: 1,
    about: 'How long the offsets of a group outlive its last use, in minutes.',
  }),
  'offsets.topic.num.partitions': int({
    default: 50,
    min: 1,
    about: 'Partitions of __consumer_offsets. Taken when it is made: a group is found by it, so it can never change.',
  }),
  'offsets.topic.replication.factor': short({
    default: 3,
    min: 1,
    about:
      'Replicas of __consumer_offsets. The default gives way to the number of brokers, if there are fewer; one that is given is waited for. Taken when it is made.',
  }),
  'offsets.topic.replication.scheme': oneOf(['isr', 'majority'], {
    default: 'isr',
    because: 'offsets of groups are replicated by one of these, whatever the topics are',
    about: 'Trilog only. The replication.scheme of __consumer_offsets. Taken when it is made.',
  }),
  'offsets.topic.segment.bytes': int({
    default: 104_857_600,
    min: 1,
    about: 'Size at which __consumer_offsets begins a new segment. Taken when it is made.',
  }),
}

/** Everything that can be set for a broker. Names, defaults and bounds are Kafka 4.3's but where `about` says otherwise. */
export const brokerSettings = {
  ...clusterSettings,
  ...networkSettings,
  ...storageSettings,
  ...receiptSettings,
  ...groupSettings,
  ...topicDefaultSettings,
} as const
