import { FileHandles } from '../../src/log/file-handles.ts'
import { Log } from '../../src/log/log.ts'
import type { LogEvents, LogSettings } from '../../src/log/log-settings.ts'
import { TailMemory } from '../../src/log/tail-memory.ts'
import { uuidFromBytes } from '../../src/codec/uuid.ts'
import { Peers } from '../../src/peer/peers.ts'
import { GroupVoters } from '../../src/replica/group-voters.ts'
import { Replica } from '../../src/replica/replica.ts'
import { ReplicationGroups } from '../../src/replica/replication-groups.ts'
import { type HandedOver, SelfElected } from '../../src/replica/self-elected.ts'
import type { BrokerId, ReplicaId } from '../../src/replication/replica-id.ts'
import type { ReplicationRules } from '../../src/replication/rules.ts'
import type { Scheme } from '../../src/replication/schemes.ts'
import type { Clock } from '../../src/runtime/clock.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { machineName } from '../machine-faults.ts'
import { type GroupPart, partsOf, type ServeQueue } from './group-parts.ts'

const directory = '/data/g-0'
const port = 9190
const group = { topicId: 'AAAAAAAAAAAAAAAAAAAAAg', partition: 0 }

/** How the processes of a world are set up: all the same. */
export interface GroupSetup {
  /** All machines. */
  readonly members: readonly ReplicaId[]
  /** Those of them that vote at first. */
  readonly voters: readonly ReplicaId[]
  readonly scheme: Scheme
  readonly rules: ReplicationRules
  readonly flushMessages: number
  readonly segmentBytes: number
  readonly answerBytesMax: number
  /** 0: the log is a partition's. */
  readonly queues: number
  readonly retentionBytes: number | null
  readonly serve: ServeQueue
}

/** How a process finds its machine. */
export interface GroupStart {
  readonly self: ReplicaId
  /** The machine has lost power since the last start. */
  readonly powerCut: boolean
  /** It may have lost what it has acknowledged; `trusted` is called once that is over. */
  readonly suspect: boolean
  trusted(): void
}

/** One process with its replica of the group: the broker's own log, replica, election and streams, and nothing else. */
export interface GroupProcess {
  readonly replica: Replica
  readonly clock: Clock
  /** See `SelfElected.handOver`. */
  handOver(to: BrokerId): Promise<HandedOver>
  /** What clients see of it. */
  readonly parts: readonly GroupPart[]
}

const hostOf = ({ broker }: ReplicaId): string => machineName(broker)

export async function startGroupProcess(runtime: Runtime, setup: GroupSetup, start: GroupStart): Promise<GroupProcess> {
  const { self, suspect } = start
  const { members, voters, scheme, rules, answerBytesMax } = setup
  const peers = new Peers(runtime, {
    clusterId: 'simulated',
    self: { ...self, incarnation: uuidFromBytes(runtime.random.bytes(16)) },
    listen: { host: hostOf(self), port },
    hubs: new Set(members.map(({ broker }) => broker)),
    beatMs: 50,
    silenceMs: 250,
    frameBytesMax: 16 * 1024 * 1024,
  })
  for (const each of members) peers.know(each.broker, { host: hostOf(each), port })
  const groups = new ReplicationGroups(runtime.clock, peers)
  const link = groups.linkFor(group)
  const replica = await Replica.open(
    {
      topic: 'g',
      partition: 0,
      self,
      scheme,
      clock: runtime.clock,
      logger: runtime.logger,
      rules,
      suspect,
      answerBytesMax,
      link: {
        ...link,
        trusted: () => {
          start.trusted()
          link.trusted()
        },
      },
    },
    (events) => openLog(runtime, setup, { powerCut: start.powerCut, events }),
  )
  replica.countBy(await GroupVoters.open(runtime.disk, directory, replica.log, voters))
  const election = await SelfElected.start({
    runtime,
    replica,
    directory,
    self,
    suspect,
    electionMs: [50, 200],
    send: link.send,
    rules,
  })
  groups.join(group, { replica, election })
  await peers.start()
  return {
    replica,
    clock: runtime.clock,
    handOver: (to) => election.handOver(to),
    parts: partsOf(replica, { ...setup, clock: runtime.clock }),
  }
}

function openLog(
  runtime: Runtime,
  { flushMessages, segmentBytes, queues, retentionBytes }: GroupSetup,
  { powerCut, events }: { powerCut: boolean; events: LogEvents },
): Promise<Log> {
  const { disk, clock, random, logger } = runtime
  const settings: LogSettings = {
    segmentBytes,
    segmentMs: Number.MAX_SAFE_INTEGER,
    segmentJitterMs: 0,
    indexIntervalBytes: 200,
    segmentIndexBytes: 10 * 1024 * 1024,
    flushMessages,
    flushMs: Number.MAX_SAFE_INTEGER,
    maxMessageBytes: 1024 * 1024,
    timestampType: 'CreateTime',
    timestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
    timestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
    preallocate: false,
    ...(retentionBytes === null ? {} : { retention: { ms: -1, bytes: retentionBytes } }),
  }
  return Log.open({
    disk,
    clock,
    random,
    logger,
    directory,
    unit: queues === 0 ? 'partition' : 'broker',
    settings,
    events,
    tail: new TailMemory({ maxBytes: 1024 * 1024 }),
    files: new FileHandles(disk, 16),
    recoveryPoint: 0,
    logStartOffset: 0,
    clean: false,
    powerCut,
    producerStateExpiryMs: Number.MAX_SAFE_INTEGER,
  })
}
