import type { BrokerConfig } from '../config/broker-config.ts'
import type { Log } from '../log/log.ts'
import type { LogSettings } from '../log/log-settings.ts'
import type { Suspect } from '../log/suspicion.ts'
import { metadataTopicName } from '../metadata/topic-name.ts'
import { Replica } from '../replica/replica.ts'
import type { ReplicationGroups } from '../replica/replication-groups.ts'
import { SelfElected } from '../replica/self-elected.ts'
import { isSameReplica, type ReplicaId } from '../replication/replica-id.ts'
import type { ReplicationRules } from '../replication/rules.ts'
import { majorityScheme } from '../replication/schemes.ts'
import { DiskFault } from '../runtime/disk.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { LogFolder } from './log-folder.ts'
import { damageOf } from './open-folder.ts'

/** Kafka's name and id of the metadata log. */
const metadataLog = { topic: metadataTopicName, partition: 0, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' }

/** The folder's metadata log is gone, though the folder hosts replicas: what they are, nobody knows. */
class MetadataLogMissing extends Error {
  constructor(path: string) {
    super(`${path} holds partitions, but its metadata log ${metadataLog.topic}-0 is gone: restore it from a copy`)
    this.name = 'MetadataLogMissing'
  }
}

/**
 * Opens this process's replica of the metadata log, or makes it in a new folder, and has it take part in elections. Who is
 * the only voter leads when this resolves; who is none follows whoever leads.
 */
export async function openMetadataReplica(
  runtime: Runtime,
  config: BrokerConfig,
  member: {
    folder: LogFolder
    groups: ReplicationGroups
    self: ReplicaId
    voters: readonly ReplicaId[]
    rules: ReplicationRules
  },
): Promise<Replica> {
  const { folder, groups, self, voters, rules } = member
  const { directory } = folder
  const settings = settingsOf(config)
  const found = await directory.openOne(metadataLog, {
    open: (place) => folder.openAt(place, settings),
    flushesAlways: () => true,
  })
  const isAlone = voters.every((voter) => isSameReplica(voter, self))
  const isLost = found === null && !directory.start.madeNow && [...directory.hosted()].length > 0
  if (isLost && voters.length === 1) throw new MetadataLogMissing(directory.path)
  const { topic, partition } = metadataLog
  const { clock, logger } = runtime
  const group = groups.linkFor(metadataLog)
  const why = found === null || isAlone ? null : whySuspect(found, directory.suspect(metadataLog))
  if (why !== null) await directory.addSuspect(metadataLog, 'damage', why)
  // What it had voted for is gone with its log.
  const suspect = isLost || why !== null
  const repair = (damaged: Replica): void => {
    // Durable first: from then on it neither votes nor stands, and nobody counts on it.
    const detail = `damaged bytes from offset ${damaged.log.damagedFrom()} on`
    directory.addSuspect(metadataLog, 'damage', detail).then(() => damaged.repair(), noted(logger))
  }
  const trusted = (): void => {
    group.trusted()
    directory.liftSuspicion([metadataLog]).catch(noted(logger))
  }
  const replica = await Replica.open(
    {
      topic,
      partition,
      self,
      scheme: majorityScheme,
      link: isAlone ? null : { ...group, trusted },
      suspect,
      damaged: isAlone ? () => {} : repair,
      rules,
      clock,
      logger,
    },
    (events) => folder.open(metadataLog, settings, events),
  )
  if (why !== null) replica.repair()
  await directory.markDirtyBeforeFirstAppend()
  const electionMs = config.controllerQuorumElectionTimeoutMs
  const election = await SelfElected.start({
    runtime,
    replica,
    directory: `${directory.path}/${topic}-${partition}`,
    self,
    voters,
    suspect,
    electionMs: [electionMs / 3, electionMs],
    rules,
    send: group.send,
    failed: (failed) => folder.diskFailed(failed),
  })
  groups.join(metadataLog, { replica, election })
  return replica
}

/** Why it may lack what it had acknowledged, by what was found or noted before; null: it does not. */
function whySuspect(log: Log, known: Suspect | null): string | null {
  const damaged = log.damagedFrom()
  const found = damaged === null ? null : `damaged bytes from offset ${damaged} on`
  return found ?? damageOf(log.recovery) ?? known?.detail ?? null
}

/** Not written down it is judged anew by the next start. */
function noted(logger: Logger): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof DiskFault)) throw error
    logger.error({ error: error.message }, 'what became of the metadata log could not be written down')
  }
}

/** The metadata log is always fsynced before it counts, and its batches are as large as its changes. */
function settingsOf(config: BrokerConfig): LogSettings {
  return {
    segmentBytes: config.metadataLogSegmentBytes,
    segmentMs: config.metadataLogSegmentMs,
    segmentJitterMs: 0,
    indexIntervalBytes: 4096,
    segmentIndexBytes: 10 * 1024 * 1024,
    flushMessages: 1,
    flushMs: Number.MAX_SAFE_INTEGER,
    maxMessageBytes: config.metadataLogSegmentBytes,
    timestampType: 'CreateTime',
    timestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
    timestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
    preallocate: false,
  }
}
