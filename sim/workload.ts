import type { Cleaning } from './check-cleaned.ts'
import type { PlannedFault } from '../src/runtime/sim/sim-disk-image.ts'
import { frameHeaderBytes } from '../src/log/queues/frame.ts'
import { SimRandom } from '../src/runtime/sim/sim-random.ts'
import {
  exodusOf,
  groupSettingsOf,
  membersOf,
  type PlannedMembers,
  type PlannedStorm,
  stormOf,
} from './planned-members.ts'
import type { PlannedStep } from './planned-steps.ts'

export interface PlannedTopic {
  readonly name: string
  readonly partitions: number
  /** `flush.messages=1`: every acknowledged record is synced. */
  readonly flushed: boolean
  /** What the topic lets go of by itself; left out: nothing. */
  readonly cleaning?: Cleaning
  /** By Kafka's names. */
  readonly settings: Readonly<Record<string, string>>
  /** Left out: the broker's default. */
  readonly replicationFactor?: number
}

export interface PlannedProducer {
  readonly name: string
  readonly idempotent: boolean
  readonly acks: 0 | 1 | -1
}

/** A kill of a broker that is just starting. */
export interface PlannedKill {
  readonly fault: 'crash' | 'power-cut'
  /** After the start has begun. */
  readonly afterMs: number
}

/** How a broker's life ends, and what comes then: `kills` hit the starts that follow, one after the other. */
export interface PlannedEnd {
  readonly do: 'crash' | 'power-cut' | 'stop'
  readonly downMs: number
  readonly kills: readonly PlannedKill[]
}

/** The disk misbehaves for a while. Then it is healed, and the broker is ended as an operator would, and started again. */
export interface PlannedDiskFault {
  readonly do: 'disk-fault'
  /** Null: the disk is full, but for `roomBytes`. */
  readonly fault: PlannedFault | null
  readonly roomBytes: number
  readonly forMs: number
  readonly end: PlannedEnd
}

export type PlannedAction =
  | { do: 'produce'; producer: number; topic: number; partition: number; records: number; valueBytes: number }
  | { do: 'read'; topic: number; partition: number; fromStart: boolean; waitMs: number }
  | { do: 'commit'; group: string; topic: number; partition: number }
  /** Every committed offset is asked for. */
  | { do: 'look' }
  /** Records below that share of what is known to be there. */
  | { do: 'delete-records'; topic: number; partition: number; share: number }
  /** A topic that nobody produces to comes or goes. */
  | { do: 'make-topic' | 'delete-topic'; name: string }
  /** A group keeps an offset of such a topic. */
  | { do: 'commit-spare'; name: string }
  | { do: 'reset-connections' }
  | { do: 'slow-disk'; times: number; forMs: number }
  | { do: 'clock-jump'; byMs: number }
  /** The broker's clock jumps far: what is old by then may go. */
  | { do: 'age' }
  | PlannedStorm
  | PlannedEnd
  | PlannedDiskFault

/** Everything that a run will do to one broker: a pure function of its seed. */
export interface Workload {
  readonly topics: readonly PlannedTopic[]
  readonly producers: readonly PlannedProducer[]
  readonly groups: readonly string[]
  /** Who shares the partitions, in a group of their own. */
  readonly members: PlannedMembers
  /** The broker's own, by Kafka's names. */
  readonly brokerSettings: Readonly<Record<string, string>>
  /** By time. */
  readonly steps: readonly PlannedStep<PlannedAction>[]
}

/** Draws a workload. Each seed has a temper of its own: how dense, how large, and which faults how often. */
export function workloadOf(seed: number): Workload {
  const random = new SimRandom(`workload ${seed}`)
  const drawn = [topicOf(random, 'synced'), topicOf(random, 'cached'), ...cleanedTopicsOf(random)]
  const producers: PlannedProducer[] = [
    { name: 'once', idempotent: true, acks: -1 },
    { name: 'all', idempotent: false, acks: -1 },
    { name: 'leader', idempotent: false, acks: 1 },
    { name: 'none', idempotent: false, acks: 0 },
  ]
  const groups = ['readers']
  const members = membersOf(random)
  const gapMs = random.pick([1, 5, 20, 60])
  const largestValue = random.pick([20, 200, 5000])
  const mostRecords = random.pick([1, 5, 50])
  const topics = withRoomFor(drawn, { records: mostRecords, valueBytes: largestValue })
  const faultChance = random.pick([0.01, 0.03, 0.1])
  const faults = random.pick(tempers)
  const steps: PlannedStep<PlannedAction>[] = []
  const count = 60 + random.integer(140)
  for (let atMs = random.between(0, gapMs); steps.length < count; atMs += random.between(0, 2 * gapMs)) {
    steps.push({ atMs, action: actionOf() })
  }
  if (members.members.length > 0 && random.chance(0.3))
    steps.push(...exodus(random, { untilMs: steps.at(-1)?.atMs ?? 0, members, ends: faults.ends }))
  if (random.chance(0.5)) steps.push(...renewalOf(random, steps.at(-1)?.atMs ?? 0))
  const brokerSettings = { ...brokerSettingsOf(random), ...groupSettingsOf(random, members) }
  return {
    topics,
    producers,
    groups,
    members,
    brokerSettings,
    steps: steps.sort((one, other) => one.atMs - other.atMs),
  }

  function actionOf(): PlannedAction {
    if (random.chance(faultChance)) return faultOf(random, faults)
    if (members.members.length > 0 && random.chance(0.03)) return stormOf(random, members)
    if (random.chance(0.005)) return { do: 'age' }
    const topic = random.integer(topics.length)
    const partition = random.integer(topics[topic]?.partitions ?? 1)
    const kind = random.float()
    if (kind < 0.15)
      return { do: 'read', topic, partition, fromStart: random.chance(0.3), waitMs: random.pick([0, 0, 30, 600]) }
    if (kind < 0.2) return { do: 'commit', group: random.pick(groups), topic, partition }
    if (kind < 0.22 && topics[topic]?.cleaning !== 'compact')
      return { do: 'delete-records', topic, partition, share: random.float() }
    if (kind < 0.25) return { do: random.pick(['make-topic', 'delete-topic']), name: `spare-${random.integer(3)}` }
    if (kind < 0.28) return { do: 'commit-spare', name: `spare-${random.integer(3)}` }
    const records = 1 + random.integer(mostRecords)
    const valueBytes = 1 + random.integer(largestValue)
    return { do: 'produce', producer: random.pick([0, 0, 0, 1, 2, 3]), topic, partition, records, valueBytes }
  }
}

/** All members go, and time with them: the group is forgotten, or its offsets are. Then the broker is started again. */
function exodus(
  random: SimRandom,
  { untilMs, members, ends }: { untilMs: number; members: PlannedMembers; ends: Temper['ends'] },
): PlannedStep<PlannedAction>[] {
  const { storm, emptyAfterMs } = exodusOf(random, members)
  let atMs = random.between(untilMs / 2, untilMs)
  const after = (leastMs: number, mostMs: number, action: PlannedAction): PlannedStep<PlannedAction> => {
    atMs += random.between(leastMs, mostMs)
    return { atMs, action }
  }
  return [
    after(0, 0, storm),
    // Also a little before the group is empty: then nothing is old yet.
    after(0.8 * emptyAfterMs, 2 * emptyAfterMs, { do: 'age' }),
    after(100, 900, { do: 'look' }),
    after(5, 100, endOf(random, ends)),
    after(300, 1_500, { do: 'look' }),
  ]
}

/** A topic goes while a group keeps an offset of it, and another one of its name comes. */
function renewalOf(random: SimRandom, untilMs: number): PlannedStep<PlannedAction>[] {
  const name = `spare-${random.integer(3)}`
  let atMs = random.between(0, untilMs)
  return (['make-topic', 'commit-spare', 'delete-topic', 'make-topic', 'commit-spare'] as const).map((what) => {
    atMs += random.between(10, 150)
    return { atMs, action: { do: what, name } }
  })
}

/** Every batch fits into a segment of its topic: a larger one would be refused. */
export function withRoomFor(
  topics: readonly PlannedTopic[],
  batch: { readonly records: number; readonly valueBytes: number },
): PlannedTopic[] {
  const name = 'internal.segment.bytes'
  // A value is at least the name of its batch; a record has some bytes of its own, and the batch a header, or two.
  const needed = 61 + frameHeaderBytes + batch.records * (Math.max(batch.valueBytes, 24) + 24)
  return topics.map((topic) => {
    const segmentBytes = Math.max(needed, Number(topic.settings[name]))
    return { ...topic, settings: { ...topic.settings, [name]: `${segmentBytes}` } }
  })
}

/** Which ends a seed knows, and whether its disk misbehaves. */
const tempers = [
  { ends: ['crash'], disk: false },
  { ends: ['power-cut'], disk: false },
  { ends: ['power-cut', 'stop'], disk: false },
  { ends: ['crash', 'power-cut', 'stop'], disk: false },
  { ends: ['crash', 'power-cut', 'stop'], disk: true },
] as const

type Temper = (typeof tempers)[number]

/** Some logs are synced now and then: a power cut finds them in any state in between. */
function nowAndThen(random: SimRandom): Record<string, string> {
  if (random.chance(0.3)) return { 'flush.messages': random.pick(['3', '30']) }
  return random.chance(0.3) ? { 'flush.ms': random.pick(['5', '50', '500']) } : {}
}

function topicOf(random: SimRandom, name: 'synced' | 'cached'): PlannedTopic {
  const settings: Record<string, string> = {
    'internal.segment.bytes': random.pick(['300', '3000', '30000', '1000000000']),
    'index.interval.bytes': random.pick(['0', '200', '4096']),
    'message.timestamp.type': random.pick(['CreateTime', 'CreateTime', 'LogAppendTime']),
    'file.delete.delay.ms': random.pick(['0', '20', '60000']),
  }
  if (name === 'synced') settings['flush.messages'] = '1'
  else Object.assign(settings, nowAndThen(random))
  return { name, partitions: 1 + random.integer(3), flushed: name === 'synced', settings }
}

const offsetsRetention = 'offsets.retention.minutes'

/** Offsets that are not in use are forgotten when the broker's clock jumps far. */
export function doOffsetsExpire({ brokerSettings }: Pick<Workload, 'brokerSettings'>): boolean {
  return brokerSettings[offsetsRetention] !== undefined
}

/** For so long `aged` keeps records, by the broker's clock. */
export const keptMs = 3_600_000

/** One that keeps the newest record of each key, and one that keeps records for some time; one partition each. */
function cleanedTopicsOf(random: SimRandom): PlannedTopic[] {
  const topic = (name: string, cleaning: Cleaning, settings: Record<string, string>): PlannedTopic => {
    const flushed = random.chance(0.5)
    const own = {
      'internal.segment.bytes': random.pick(['300', '1000', '5000']),
      'index.interval.bytes': random.pick(['0', '200', '4096']),
      'file.delete.delay.ms': random.pick(['0', '20', '60000']),
      ...(flushed ? { 'flush.messages': '1' } : nowAndThen(random)),
      ...settings,
    }
    return { name, partitions: 1, flushed, cleaning, settings: own }
  }
  return [
    topic('compacted', 'compact', {
      'cleanup.policy': random.pick(['compact', 'compact', 'compact,delete']),
      'min.cleanable.dirty.ratio': random.pick(['0.01', '0.5']),
      'delete.retention.ms': random.pick(['0', '100', '86400000']),
    }),
    topic('aged', 'age', { 'message.timestamp.type': 'LogAppendTime', 'retention.ms': `${keptMs}` }),
  ]
}

function brokerSettingsOf(random: SimRandom): Record<string, string> {
  return {
    'log.cleaner.backoff.ms': random.pick(['20', '300']),
    'log.cleaner.dedupe.buffer.size': random.pick(['1024', '134217728']),
    'log.retention.check.interval.ms': random.pick(['30', '500']),
    'log.flush.offset.checkpoint.interval.ms': random.pick(['10', '200', '60000']),
    'log.file.handles.max': random.pick(['16', '4096']),
    'offsets.topic.num.partitions': random.pick(['1', '3']),
    ...offsetsRetentionOf(random),
  }
}

/** As long as records are kept; a week, as by default, is never over. */
function offsetsRetentionOf(random: SimRandom): Record<string, string> {
  if (random.chance(0.5)) return {}
  return {
    [offsetsRetention]: `${keptMs / 60_000}`,
    'offsets.retention.check.interval.ms': random.pick(['50', '500']),
  }
}

function faultOf(random: SimRandom, { ends, disk }: Temper): PlannedAction {
  if (random.chance(0.1)) return { do: 'reset-connections' }
  if (random.chance(0.1)) return { do: 'slow-disk', times: random.pick([5, 50]), forMs: random.between(10, 500) }
  if (random.chance(0.05)) return { do: 'clock-jump', byMs: Math.floor(random.between(-60_000, 60_000)) }
  if (disk && random.chance(0.5)) return diskFaultOf(random, endOf(random, ends))
  return endOf(random, ends)
}

function endOf(random: SimRandom, ends: Temper['ends']): PlannedEnd {
  const kills: PlannedKill[] = []
  const killing = ends.flatMap((end) => (end === 'stop' ? [] : [end]))
  while (kills.length < 3 && random.chance(0.25)) {
    kills.push({ fault: random.pick(killing), afterMs: random.between(0, random.pick([5, 40, 200])) })
  }
  return { do: random.pick(ends), downMs: random.between(0, 200), kills }
}

function diskFaultOf(random: SimRandom, end: PlannedEnd): PlannedDiskFault {
  const path = random.pick(['.log', '/synced-', '/cached-', '__cluster_metadata', '__consumer_offsets', '/'])
  const times = random.pick([1, 3, Number.POSITIVE_INFINITY])
  const plan = (operation: PlannedFault['operation'], code: string) => ({ operation, code, path, times })
  const fault = random.pick([
    null,
    plan('write', 'EIO'),
    plan('write', 'ENOSPC'),
    // The note of a failed fsync must be possible: see what is not simulated.
    { ...plan('sync', 'EIO'), path: path === '/' ? '.log' : path },
    plan('read', 'EIO'),
    plan('open', 'EIO'),
    plan('rename', 'EIO'),
    plan('truncate', 'EIO'),
    plan('syncDirectory', 'EIO'),
  ])
  const roomBytes = random.integer(random.pick([1, 1000, 100_000]))
  return { do: 'disk-fault', fault, roomBytes, forMs: random.between(0, 300), end }
}
