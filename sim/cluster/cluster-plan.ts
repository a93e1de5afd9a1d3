import { SimRandom } from '../../src/runtime/sim/sim-random.ts'
import type { ClientAction } from '../client-work.ts'
import { type MachineFault, machineFaultOf } from '../machine-faults.ts'
import { groupSettingsOf, membersOf, stormOf } from '../planned-members.ts'
import type { PlannedStep } from '../planned-steps.ts'
import {
  type AskedElection,
  balanceSettings,
  electionsAsked,
  outagesPlanned,
  type PlannedOutage,
  uncleanTopic,
} from './asked-elections.ts'
import { withQueues } from './planned-queues.ts'
import { changesPlanned, movedTopicOf, type PlannedChange } from './planned-changes.ts'
import { type PlannedProducer, type PlannedTopic, withRoomFor, type Workload } from '../workload.ts'

/** How a broker's life ends, and how long its machine is down. Node 0: one that leads something then. */
export interface PlannedDeath {
  readonly do: 'crash' | 'power-cut' | 'stop' | 'lose-disk' | 'delete-folder' | 'tear' | 'tear-snapshot'
  readonly node: number
  readonly downMs: number
}

export type ClusterAction =
  | ClientAction
  | MachineFault
  | PlannedDeath
  | { do: 'rot'; node: number }
  | AskedElection
  | PlannedOutage
  | PlannedChange
  | { do: 'reset-client'; node: number }
  | { do: 'clock-jump'; node: number; byMs: number }
  | { do: 'promote'; topic: number; partition: number; node: number }

/** Everything that a run does to a cluster: a pure function of its seed. */
export interface ClusterPlan extends Pick<Workload, 'topics' | 'producers' | 'groups' | 'members'> {
  readonly brokers: number
  /** The first so many are voters of the metadata log. */
  readonly voters: number
  /** Of every broker, by Kafka's names. */
  readonly settings: Readonly<Record<string, string>>
  /** Of those who read; empty: they name none. */
  readonly rack: string
  readonly steps: readonly PlannedStep<ClusterAction>[]
}

type Fault = Exclude<PlannedDeath['do'], 'tear-snapshot'> | MachineFault['do'] | 'rot' | 'reset-client' | 'clock-jump'

/** Which faults a seed knows: alone they are seen more clearly, together they find what none finds alone. */
const tempers: readonly (readonly Fault[])[] = [
  ['crash'],
  ['crash', 'stop'],
  ['power-cut', 'crash'],
  ['lose-disk', 'crash'],
  ['rot', 'crash'],
  ['rot', 'delete-folder', 'tear', 'crash', 'stop'],
  ['pause', 'crash'],
  ['disk-full', 'crash'],
  ['rot', 'crash', 'cut-off', 'slow-link'],
  ['cut-off'],
  ['cut-off', 'crash', 'slow-link'],
  ['cut-off', 'slow-link', 'reset', 'reset-client'],
  [
    'crash',
    'power-cut',
    'stop',
    'lose-disk',
    'rot',
    'delete-folder',
    'tear',
    'pause',
    'disk-full',
    'cut-off',
    'reset',
    'slow-disk',
    'slow-link',
    'reset-client',
    'clock-jump',
  ],
]

/** Any of these may take a copy: with a copy less than two of everything that is acknowledged that would be a loss. */
const losing: ReadonlySet<Fault> = new Set(['power-cut', 'lose-disk', 'rot', 'delete-folder', 'tear'])
/** Of these not only what is unsynced: what a primary alone has acknowledged goes as well. */
const damaging: ReadonlySet<Fault> = new Set(['rot', 'delete-folder', 'tear'])

const producers: readonly PlannedProducer[] = [
  { name: 'once', idempotent: true, acks: -1 },
  { name: 'all', idempotent: false, acks: -1 },
  { name: 'leader', idempotent: false, acks: 1 },
  { name: 'none', idempotent: false, acks: 0 },
]

const groups = ['readers']
/** Of one batch. */
const recordsMax = 30

export function clusterPlanOf(seed: number): ClusterPlan {
  const random = new SimRandom(`cluster plan ${seed}`)
  const drawnBrokers = random.pick([3, 3, 3, 5])
  const temper = random.pick(tempers)
  const mayLose = temper.some((fault) => losing.has(fault))
  const unclean = uncleanTopicOf(seed, { mayLose })
  const moved = unclean === null ? movedTopicOf(seed, { mayLose }) : null
  // A majority of the metadata log has to outlive all of a partition that are in sync.
  const brokers = unclean === null ? drawnBrokers : 5
  const minInSync = mayLose ? 2 : random.pick([1, 2, 2])
  const damages = temper.some((fault) => damaging.has(fault))
  const losesDisks = temper.includes('lose-disk') || damages
  const topicFor = (name: 'synced' | 'cached') =>
    topicOf(random, name, { minInSync, losesDisks, scheme: random.pick(schemesOf) })
  const drawn = [topicFor('synced'), topicFor('cached')]
  const members = membersOf(random)
  const gapMs = random.pick([5, 20, 60])
  const faultChance = random.pick([0.02, 0.05, 0.1])
  const valueBytesMax = random.pick([20, 200, 5000])
  if (unclean !== null) drawn.push(unclean)
  if (moved !== null) drawn.push(moved)
  const compacted = compactedOf(seed)
  if (compacted.isThere) drawn.push(compactedFrom(topicFor('cached'), compacted.settings))
  const queues = withQueues(seed, drawn, { brokers })
  const topics = withRoomFor(queues.topics, { records: recordsMax, valueBytes: valueBytesMax })
  const degrades = degradesOf(seed, { mayLose })
  const steps: PlannedStep<ClusterAction>[] = []
  const snapshots = snapshotsOf(seed)
  const throttles = throttlesOf(seed)
  const count = 80 + random.integer(160)
  for (let atMs = random.between(0, gapMs); steps.length < count; atMs += random.between(0, 2 * gapMs)) {
    steps.push({ atMs, action: actionOf() })
  }
  const forMs = steps.at(-1)?.atMs ?? 0
  const elections = electionsAsked(seed, forMs, { unclean: unclean !== null })
  const changes = moved === null ? [] : changesPlanned(seed, forMs, { brokers })
  const outages = unclean === null ? [] : outagesPlanned(seed, forMs)
  return {
    brokers,
    voters: unclean === null ? random.pick([3, brokers]) : brokers,
    topics: topics.map((topic) => ({ ...topic, settings: { ...topic.settings, ...throttles.replicas, ...degrades } })),
    producers,
    groups,
    members,
    settings: {
      ...settingsOf(random, minInSync, damages),
      ...groupSettingsOf(random, members),
      ...snapshots.settings,
      'log.cleaner.backoff.ms': compacted.backoffMs,
      ...throttles.rates,
      ...queues.settings,
      ...balanceSettings(seed),
    },
    rack: new SimRandom(`rack in the cluster plan ${seed}`).pick(['', rackOf(1), rackOf(2), rackOf(3)]),
    steps: [...steps, ...elections, ...outages, ...changes]
      .sort((one, other) => one.atMs - other.atMs)
      .map(({ atMs, action }) => ({ atMs, action: snapshots.afterwards(action) })),
  }

  function actionOf(): ClusterAction {
    if (random.chance(faultChance)) return faultOf(random, random.pick(temper), brokers)
    if (members.members.length > 0 && random.chance(0.03)) return stormOf(random, members)
    return workOf(random, { topics, valueBytesMax, brokers })
  }
}

/** Three racks, whatever the number of brokers. */
export const rackOf = (node: number): string => `rack-${1 + ((node - 1) % 3)}`

/** How often snapshots of the image are taken, and whether one is torn while its machine is down. */
function snapshotsOf(seed: number) {
  const random = new SimRandom(`snapshots in the cluster plan ${seed}`)
  const tears = random.pick([0, 0.5])
  return {
    settings: {
      'metadata.log.max.record.bytes.between.snapshots': random.pick(['1', '300', '300', '2000', '20000000']),
      'controller.quorum.fetch.snapshot.max.bytes': random.pick(['100', '1000', '1000000']),
    },
    afterwards: (action: ClusterAction): ClusterAction => {
      return action.do === 'crash' && random.chance(tears) ? { ...action, do: 'tear-snapshot' } : action
    },
  }
}

/**
 * A topic whose records may be lost when nobody in sync is left, in some seeds; by itself, or only when somebody asks for
 * it. Disks keep what they have there: of a copy that is gone with one nobody could write a receipt.
 */
function uncleanTopicOf(seed: number, { mayLose }: { mayLose: boolean }): PlannedTopic | null {
  const random = new SimRandom(`unclean ${seed}`)
  if (mayLose || random.chance(0.6)) return null
  const settings = {
    'internal.segment.bytes': random.pick(['300', '3000', '1000000000']),
    'index.interval.bytes': '4096',
    'replication.scheme': 'isr',
    'min.insync.replicas': '1',
    'unclean.leader.election.enable': `${random.chance(0.7)}`,
  }
  return { name: uncleanTopic, partitions: 1 + random.integer(2), flushed: false, settings }
}

/** How fast followers that are far behind may catch up: slow enough to be caught at it by faults. */
function throttlesOf(seed: number) {
  const random = new SimRandom(`throttles in the cluster plan ${seed}`)
  const isThrottled = random.chance(0.3)
  const rates = {
    'leader.replication.throttled.rate': random.pick(['100000', '1000000']),
    'follower.replication.throttled.rate': random.pick(['100000', '1000000']),
  }
  const replicas = { 'leader.replication.throttled.replicas': '*', 'follower.replication.throttled.replicas': '*' }
  return isThrottled ? { rates, replicas } : { rates: {}, replicas: {} }
}

/** Whether there is a topic that keeps the newest record of each key only, and how hard it is cleaned. */
function compactedOf(seed: number) {
  const random = new SimRandom(`compaction in the cluster plan ${seed}`)
  return {
    isThere: random.chance(0.4),
    settings: {
      'internal.segment.bytes': random.pick(['300', '1000']),
      'cleanup.policy': 'compact',
      'min.cleanable.dirty.ratio': random.pick(['0.01', '0.5']),
      'delete.retention.ms': random.pick(['0', '0', '100', '86400000']),
      'file.delete.delay.ms': random.pick(['0', '20', '60000']),
    },
    backoffMs: random.pick(['20', '300']),
  }
}

const compactedFrom = (topic: PlannedTopic, settings: Readonly<Record<string, string>>): PlannedTopic => ({
  ...topic,
  name: 'compacted',
  cleaning: 'compact',
  settings: { ...topic.settings, ...settings },
})

/** Whether primaries go on alone when their backups are slow: where no machine loses what it had they lose nothing by that. */
function degradesOf(seed: number, { mayLose }: { mayLose: boolean }): Readonly<Record<string, string>> {
  const random = new SimRandom(`degradation in the cluster plan ${seed}`)
  if (mayLose || random.chance(0.5)) return {}
  return { 'sync.on.timeout': 'degrade', 'sync.backup.timeout.ms': random.pick(['100', '500']) }
}

const schemesOf = ['isr', 'majority', 'primary-backup'] as const

function topicOf(
  random: SimRandom,
  name: 'synced' | 'cached',
  { minInSync, losesDisks, scheme }: { minInSync: number; losesDisks: boolean; scheme: (typeof schemesOf)[number] },
): PlannedTopic {
  const settings: Record<string, string> = {
    'internal.segment.bytes': random.pick(['300', '3000', '1000000000']),
    'index.interval.bytes': random.pick(['0', '4096']),
    'min.insync.replicas': `${minInSync}`,
    'replication.scheme': scheme,
    // What a primary alone has acknowledged goes with its disk, and from the page cache with its power.
    'replication.sync.backups': losesDisks || (name === 'cached' && minInSync > 1) ? '1' : random.pick(['0', '1']),
  }
  if (name === 'synced') settings['flush.messages'] = '1'
  return { name, partitions: 1 + random.integer(2), flushed: name === 'synced', settings }
}

function settingsOf(random: SimRandom, minInSync: number, damages: boolean): Record<string, string> {
  return {
    'default.replication.factor': '3',
    'min.insync.replicas': `${minInSync}`,
    'offsets.topic.replication.factor': '3',
    'offsets.topic.num.partitions': random.pick(['1', '2']),
    'offsets.topic.replication.scheme': random.pick(['isr', 'majority']),
    'majority.election.timeout.ms': random.pick(['100', '300']),
    'broker.heartbeat.interval.ms': '50',
    'broker.session.timeout.ms': random.pick(['300', '2000']),
    'controller.quorum.election.timeout.ms': random.pick(['100', '300']),
    'replica.lag.time.max.ms': random.pick(['200', '1000', '30000']),
    'log.flush.offset.checkpoint.interval.ms': random.pick(['10', '60000']),
    'log.scrub.interval.ms': damages ? random.pick(['20', '300', '2000']) : '-1',
    'log.scrub.io.max.bytes.per.second': random.pick(['1000000', '1000000000']),
  }
}

function workOf(
  random: SimRandom,
  { topics, valueBytesMax, brokers }: { topics: readonly PlannedTopic[]; valueBytesMax: number; brokers: number },
): ClusterAction {
  const topic = random.integer(topics.length)
  const partition = random.integer(topics[topic]?.partitions ?? 1)
  const kind = random.float()
  if (kind < 0.15) {
    return { do: 'read', topic, partition, fromStart: random.chance(0.3), waitMs: random.pick([0, 0, 30, 600]) }
  }
  if (kind < 0.2) return { do: 'commit', group: random.pick(groups), topic, partition }
  // What is compacted nobody may delete from the beginning.
  if (kind < 0.22 && topics[topic]?.cleaning !== 'compact')
    return { do: 'delete-records', topic, partition, share: random.float() }
  if (kind < 0.24) return { do: random.pick(['make-topic', 'delete-topic']), name: `spare-${random.integer(2)}` }
  if (kind < 0.26) return { do: 'promote', topic, partition, node: 1 + random.integer(brokers) }
  const records = 1 + random.integer(random.pick([1, 5, recordsMax]))
  const valueBytes = 1 + random.integer(valueBytesMax)
  return { do: 'produce', producer: random.pick([0, 0, 0, 1, 1, 2, 3]), topic, partition, records, valueBytes }
}

function faultOf(random: SimRandom, what: Fault, brokers: number): ClusterAction {
  const node = random.chance(0.5) ? 0 : 1 + random.integer(brokers)
  switch (what) {
    case 'crash':
    case 'power-cut':
    case 'stop':
    case 'lose-disk':
    case 'delete-folder':
    case 'tear':
      return { do: what, node, downMs: random.between(0, random.pick([20, 300, 3000])) }
    case 'rot':
    case 'reset-client':
      return { do: what, node }
    case 'clock-jump':
      return { do: what, node, byMs: Math.floor(random.between(-60_000, 60_000)) }
    default:
      return machineFaultOf(random, what, brokers)
  }
}
