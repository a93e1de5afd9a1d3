import type { BrokerConfig } from '../config/broker-config.ts'
import type { Log } from '../log/log.ts'
import type { LogSettings } from '../log/log-settings.ts'
import type { Suspect } from '../log/suspicion.ts'
import { MetadataSnapshots } from '../metadata/snapshot/metadata-snapshots.ts'
import { metadataTopicName } from '../metadata/topic-name.ts'
import { GroupVoters } from '../replica/group-voters.ts'
import type { Asks } from '../peer/asks.ts'
import { Replica } from '../replica/replica.ts'
import type { ReplicationGroups } from '../replica/replication-groups.ts'
import { SelfElected } from '../replica/self-elected.ts'
import { isSameReplica, type ReplicaId } from '../replication/replica-id.ts'
import { majorityScheme } from '../replication/schemes.ts'
import { DiskFault } from '../runtime/disk.ts'
import { invariant } from '../runtime/invariant.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { BrokerRules } from './broker-rules.ts'
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

/** The folder's metadata log begins above whatever its snapshots hold, and no other process has what is missing. */
class MetadataStateMissing extends Error {
  constructor(path: string) {
    super(
      `${path}: the log ${metadataLog.topic}-0 begins above what a snapshot that is whole tells: restore the snapshot from a copy`,
    )
    this.name = 'MetadataStateMissing'
  }
}

interface MemberParts {
  readonly folder: LogFolder
  readonly groups: ReplicationGroups
  readonly asks: Asks
  readonly self: ReplicaId
  readonly voters: readonly ReplicaId[]
  readonly rules: BrokerRules
}

/**
 * Opens this process's replica of the metadata log, or makes it in a new folder, and has it take part in elections. Who is
 * the only voter leads when this resolves; who is none follows whoever leads.
 */
export async function openMetadataReplica(
  runtime: Runtime,
  config: BrokerConfig,
  member: MemberParts,
): Promise<{ replica: Replica; snapshots: MetadataSnapshots }> {
  const { folder, groups, self, voters } = member
  const { directory } = folder
  const rules = member.rules.replication
  const settings = settingsOf(config)
  const found = await directory.openOne(metadataLog, {
    open: (place) => folder.openAt(place, settings),
    flushesAlways: () => true,
  })
  const isAlone = voters.every((voter) => isSameReplica(voter, self))
  const isMissing = found === null && !directory.start.madeNow && [...directory.hosted()].length > 0
  if (isMissing && voters.length === 1) throw new MetadataLogMissing(directory.path)
  // What becomes of it before its replica is there it also tells when asked.
  const log = await folder.open(metadataLog, settings, { stored() {}, flushed() {}, damaged() {}, failed() {} })
  const snapshots = await openSnapshots(log, runtime, config, member)
  const why = found === null || isAlone ? null : whySuspect(log, directory.suspect(metadataLog))
  if (why !== null) await directory.addSuspect(metadataLog, 'damage', why)
  // What it had voted for, or what it had acknowledged, is gone.
  const suspect = !isAlone && (isMissing || why !== null)
  const { topic, partition } = metadataLog
  const { clock, logger } = runtime
  const link = linkOf(member, runtime)
  const repair = (damaged: Replica): void => {
    // Durable first: from then on it neither votes nor stands, and nobody counts on it.
    const detail = `damaged bytes from offset ${damaged.log.damagedFrom()} on`
    directory.addSuspect(metadataLog, 'damage', detail).then(() => damaged.repair(), noted(logger))
  }
  const replica = await Replica.open(
    {
      topic,
      partition,
      self,
      scheme: majorityScheme,
      link: isAlone ? null : link,
      suspect,
      damaged: isAlone ? () => {} : repair,
      snapshots,
      rules,
      clock,
      logger,
    },
    (events) => folder.open(metadataLog, settings, events),
  )
  if (why !== null) replica.repair()
  replica.countBy(GroupVoters.fixed(voters))
  await directory.markDirtyBeforeFirstAppend()
  const electionMs = config.controllerQuorumElectionTimeoutMs
  const election = await SelfElected.start({
    runtime,
    replica,
    directory: folder.folderOf(metadataLog),
    self,
    suspect,
    electionMs: [electionMs / 3, electionMs],
    rules,
    send: link.send,
    failed: (failed) => folder.diskFailed(failed),
  })
  groups.join(metadataLog, { replica, election })
  return { replica, snapshots }
}

/** A log that begins above all that is known of the state below it is dropped: the others have it, if there are any. */
async function openSnapshots(
  log: Log,
  runtime: Runtime,
  config: BrokerConfig,
  { folder, asks, voters, rules }: MemberParts,
): Promise<MetadataSnapshots> {
  const { directory } = folder
  const parts = {
    runtime,
    directory: folder.folderOf(metadataLog),
    clusterId: directory.identity.clusterId,
    log,
    asks,
    pace: {
      recordBytesMax: config.metadataLogMaxRecordBytesBetweenSnapshots,
      intervalMs: config.metadataLogMaxSnapshotIntervalMs,
    },
    pieceBytesMax: config.controllerQuorumFetchSnapshotMaxBytes,
    checkpoint: () => directory.checkpoint(),
    snapshotOf: rules.snapshotOf,
  }
  const opened = await MetadataSnapshots.open(parts)
  if (opened !== null) return opened
  if (voters.length === 1) throw new MetadataStateMissing(directory.path)
  const detail = `no snapshot tells of what is below ${log.logStartOffset}`
  runtime.logger.error(
    { directory: parts.directory, detail },
    'the metadata log is dropped, and fetched from the others',
  )
  await directory.addSuspect(metadataLog, 'damage', detail)
  await log.restartAt(0)
  const anew = await MetadataSnapshots.open(parts)
  invariant(anew !== null, 'a log that begins at 0 needs no snapshot', { detail })
  return anew
}

/** A suspicion is taken back once all is here that a leader has. */
function linkOf({ groups, folder }: MemberParts, { logger }: Runtime): ReturnType<ReplicationGroups['linkFor']> {
  const link = groups.linkFor(metadataLog)
  const trusted = (): void => {
    link.trusted()
    folder.directory.liftSuspicion([metadataLog]).catch((error: unknown) => {
      logger.error({ error: String(error) }, 'that the metadata log has caught up could not be written down')
    })
  }
  return { ...link, trusted }
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
