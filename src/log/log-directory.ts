import type { Offset } from '../record/offset.ts'
import { DiskFault } from '../runtime/disk.ts'
import { invariant } from '../runtime/invariant.ts'
import { removeCleanMark, writeCleanMark } from './clean-shutdown.ts'
import type { NotedLog } from './closed-logs.ts'
import type { LogOffsets, NotedOffsets } from './log-directory-checkpoints.ts'
import { type Identity, writeBootId } from './log-directory-identity.ts'
import { folderOf, type HostedReplica, type PartitionName, partitionKey } from './log-directory-name.ts'
import { type DirectoryStart, type LogDirectoryOptions, type OpenedFolder, openFolder } from './log-directory-open.ts'
import { hasRecords, setAside } from './log-directory-scan.ts'
import type { LogAsClosed } from './log-as-closed.ts'
import { LogDirectoryRefusal } from './log-directory-refusal.ts'
import { inParallel } from './log-directory-workers.ts'
import { readPartitionMetadata, writePartitionMetadata } from './partition-metadata.ts'
import type { Suspect, SuspicionReason } from './suspicion.ts'

/** What the folder needs of a log in it. */
export interface HostedLog {
  readonly logStartOffset: Offset
  readonly logEndOffset: Offset
  /** All below has been compacted; null: the log never was. */
  readonly cleanedUpTo: Offset | null
  /** All below is fsynced. */
  readonly flushedUpTo: Offset
  readonly fault: DiskFault | null
  /** Everything fsynced, snapshot written, files closed. */
  close(): Promise<void>
  /** Once it is closed: what spares the next start a look at its files. Null: it is to have that look. */
  asClosed(): Promise<LogAsClosed | null>
}

/** Where a log is and what is known of it, for whoever opens it. */
export interface LogPlace extends HostedReplica {
  /** The partition's folder. It exists. */
  readonly directory: string
  /** All below has been fsynced: recovery begins here. */
  readonly recoveryPoint: Offset
  /** 0, or where the log begins when that is within a segment. */
  readonly logStartOffset: Offset
  /** All below has been compacted; null: the log never was. */
  readonly cleanedUpTo: Offset | null
  /** Closed cleanly and untouched since: nothing needs to be scanned. */
  readonly clean: boolean
  /** What was noted of it at the last clean close, which may not be the last one; null: nothing. */
  readonly asClosed: LogAsClosed | null
  /** Bytes above the recovery point may be gone in any order. */
  readonly powerCut: boolean
  /** An fsync of it has failed: what is above the recovery point is to be written again. */
  readonly syncFailed: boolean
}

/** A log that is whole, fsynced and closed, and not on the list yet. */
export interface ClosedLog {
  readonly replica: HostedReplica
  /** Name of the folder that it lies in, within the log directory. */
  readonly folder: string
  readonly logStartOffset: Offset
  readonly cleanedUpTo: Offset | null
  readonly logEndOffset: Offset
}

/** How the logs of a folder are opened. */
export interface OpenLogs<L> {
  open(place: LogPlace): Promise<L>
  /** True when its topic fsyncs before it acknowledges: then a power cut takes nothing that was promised. */
  flushesAlways(replica: HostedReplica): boolean
  /** What is wrong with a log just opened beyond a torn tail, in words; null: nothing. */
  damageOf?(log: L): string | null
  /** The replicas that the cluster's image places here. Only asked when the folder's own list was lost. */
  expected?(): Iterable<HostedReplica>
}

export interface OpenReport extends DirectoryStart {
  /** All suspects, those of earlier starts included. */
  readonly suspects: readonly Suspect[]
  /** Hosted replicas whose logs could not be opened, with what stood in the way. */
  readonly offline: readonly OfflineReplica[]
}

export interface OfflineReplica {
  readonly replica: HostedReplica
  readonly error: Error
}

const logsAtOnceDefault = 16
const checkpointIntervalDefaultMs = 60_000

/** Faults of the process, not of one log: with them nothing can be opened. */
const processCodes = new Set(['EMFILE', 'ENFILE'])

/** Faults that an operator ends, and the log is what it was: no room, no permission. */
const passingCodes = new Set(['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS'])

/** So many offline logs are logged one by one. */
const offlineLinesMax = 10

/**
 * The folder of a broker, in Kafka's layout: whose it is, which replicas it hosts, how it was left, and its logs. One
 * process at a time holds it.
 *
 * What may have been lost is known before anyone can ask: a power cut is noted durably before a log is opened, suspects
 * before `openAll` resolves, and the clean mark is gone, durably, before the first append.
 */
export class LogDirectory<L extends HostedLog> {
  readonly path: string
  readonly identity: Identity
  readonly start: DirectoryStart
  readonly #options: LogDirectoryOptions
  readonly #folder: OpenedFolder
  readonly #logs = new Map<string, L>()
  readonly #offline = new Map<string, OfflineReplica>()
  #found: Suspect[] = []
  readonly #removals = new Set<Promise<void>>()
  #isSettled = false
  #dirtied: Promise<void> | null = null
  #closed: Promise<void> | null = null
  #stopCheckpoints: () => void = () => {}

  /** Locks and judges the folder, or makes it. Opens no log. Refuses with a `LogDirectoryRefusal`. */
  static async open<L extends HostedLog>(options: LogDirectoryOptions): Promise<LogDirectory<L>> {
    return new LogDirectory<L>(options, await openFolder(options))
  }

  private constructor(options: LogDirectoryOptions, folder: OpenedFolder) {
    this.path = options.path
    this.identity = folder.identity
    this.start = folder.start
    this.#options = options
    this.#folder = folder
    for (const leftover of folder.leftovers) this.#removeInBackground(`${this.path}/${leftover}`)
  }

  /** The open log of a partition. */
  log(name: PartitionName): L | null {
    return this.#logs.get(partitionKey(name)) ?? null
  }

  /** Every open log, with what it is. */
  *logs(): Iterable<{ replica: HostedReplica; log: L }> {
    for (const replica of this.#folder.hosted.values()) {
      const log = this.log(replica)
      if (log !== null) yield { replica, log }
    }
  }

  /** Every replica on the list, open or not. */
  hosted(): Iterable<HostedReplica> {
    return this.#folder.hosted.values()
  }

  suspect(name: PartitionName): Suspect | null {
    return this.#folder.suspicion.get(name)
  }

  /**
   * Opens one hosted log ahead of the others: the metadata log, whose records say how the others are opened. Null: it
   * is not hosted, or its folder is gone (`start.missingReplicas`). Throws what its opening throws.
   */
  async openOne(name: PartitionName, how: OpenLogs<L>): Promise<L | null> {
    const replica = this.#folder.hosted.get(name)
    if (replica === undefined || this.#isMissing(replica)) return null
    return this.#open(replica, how)
  }

  /**
   * Opens all hosted logs that are not open yet. When it resolves, suspects are durable; one log that cannot be opened
   * stays offline and suspect, and stops no other.
   */
  async openAll(how: OpenLogs<L>): Promise<OpenReport> {
    const { hosted, suspicion } = this.#folder
    const missing = [...this.start.missingReplicas, ...(await this.#takeExpected(how))]
    for (const replica of missing) this.#doubt(replica, 'missing', 'its folder is gone')
    const gone = new Set(missing.map(partitionKey))
    const waiting = [...hosted.values()].filter((one) => !gone.has(partitionKey(one)) && this.log(one) === null)
    await inParallel(waiting, this.#logsAtOnce, (replica) => this.#openOrLeave(replica, how))
    await suspicion.settle(this.#found)
    this.#isSettled = true
    this.#folder.closedLogs.forget()
    if (this.#offline.size > 0) {
      this.#options.runtime.logger.error({ path: this.path, offline: this.#offline.size }, 'logs are offline')
    }
    this.#startCheckpoints()
    return {
      ...this.start,
      missingReplicas: missing,
      suspects: suspicion.all(),
      offline: [...this.#offline.values()],
    }
  }

  /**
   * An fsync of an open log has failed: what it had not made durable may be gone with the next power cut, whatever later
   * fsyncs say. Rejects when that cannot be noted, as may well be on such a disk.
   */
  async syncFailed(name: PartitionName, detail: string): Promise<void> {
    const replica = this.#folder.hosted.get(name)
    if (replica === undefined) return
    const logEndOffset = this.log(name)?.flushedUpTo ?? null
    await this.#folder.suspicion.add([this.#suspectOf(replica, { reason: 'failed-sync', detail, logEndOffset })])
  }

  /**
   * Makes a replica's folder and opens its empty log. When it resolves, the folder is durable and on the list. Also for a
   * hosted replica whose folder is gone: it begins empty and stays suspect. One that is offline stays so: its fault is
   * thrown again. A folder with records that is on no list is refused with a `LogDirectoryRefusal`.
   */
  async create(replica: HostedReplica, open: (place: LogPlace) => Promise<L>): Promise<L> {
    const key = partitionKey(replica)
    const { hosted, checkpoints } = this.#folder
    const offline = this.#offline.get(key)
    if (offline !== undefined) throw offline.error
    invariant(!this.#logs.has(key), 'a replica is made twice', { replica })
    invariant(this.#closed === null, 'a replica is made in a closed folder', { replica })
    const { disk } = this.#options.runtime
    const directory = `${this.path}/${folderOf(replica)}`
    if (hosted.get(replica) === undefined && (await disk.exists(directory)) && (await hasRecords(disk, directory))) {
      const sentence = `${directory} holds records that this broker has not written: move it away`
      throw new LogDirectoryRefusal({ code: 'not-ours', path: directory, sentence })
    }
    await disk.makeDirectory(directory)
    if (replica.topicId !== null) await writePartitionMetadata(disk, directory, replica.topicId)
    // The folder first: of a list without the folder a crash would make damage.
    await hosted.add([replica])
    checkpoints.forget(replica)
    const place = {
      ...replica,
      directory,
      recoveryPoint: 0,
      logStartOffset: 0,
      cleanedUpTo: null,
      clean: true,
      asClosed: null,
      powerCut: false,
      syncFailed: false,
    }
    const log = await open(place)
    this.#logs.set(key, log)
    return log
  }

  /**
   * Makes replicas of logs that lie in this folder under other names, closed and fsynced. When it resolves they are on the
   * list and durable, and not open. They must be new here. A crash on the way leaves some of them set aside at the next start.
   */
  async takeIn(logs: readonly ClosedLog[]): Promise<void> {
    const { hosted, checkpoints } = this.#folder
    const { disk } = this.#options.runtime
    for (const { replica, folder } of logs) {
      invariant(hosted.get(replica) === undefined, 'a log is taken in where there is one', { replica })
      const directory = `${this.path}/${folderOf(replica)}`
      if (replica.topicId !== null) await writePartitionMetadata(disk, `${this.path}/${folder}`, replica.topicId)
      await disk.rename(`${this.path}/${folder}`, directory)
    }
    await disk.syncDirectory(this.path)
    for (const { replica, logStartOffset, logEndOffset, cleanedUpTo } of logs) {
      checkpoints.know(replica, { recoveryPoint: logEndOffset, logStartOffset, cleanedUpTo })
    }
    await hosted.add(logs.map(({ replica }) => replica))
  }

  /**
   * Closes the log and durably takes the replica out of the folder; its files are removed afterwards. Also for one that
   * is offline or missing.
   */
  async delete(name: PartitionName): Promise<void> {
    const leftover = await this.#takeOut(name, 'delete')
    if (leftover !== null) this.#removeInBackground(`${this.path}/${leftover}`)
  }

  /**
   * Like `delete`, but keeps the files under another name, as Kafka does with replicas that the cluster's image does not
   * place here. Returns the new name; null: there was no folder.
   */
  async setAside(name: PartitionName): Promise<string | null> {
    const aside = await this.#takeOut(name, 'stray')
    if (aside !== null) this.#options.runtime.logger.warn({ ...name, to: aside }, 'a partition was set aside')
    return aside
  }

  /**
   * To be called before the first append of a run: the clean mark goes and the boot is noted, durably when resolved. Cheap
   * after the first time.
   */
  markDirtyBeforeFirstAppend(): Promise<void> {
    this.#dirtied ??= this.#markDirty().catch((error: unknown) => {
      this.#dirtied = null
      throw error
    })
    return this.#dirtied
  }

  /** Makes a hosted replica suspect from now on: its fsync failed, or it has found damage. Durable when resolved. */
  async addSuspect(name: PartitionName, reason: SuspicionReason, detail: string): Promise<void> {
    const replica = this.#folder.hosted.get(name)
    if (replica === undefined) return
    const logEndOffset = this.log(replica)?.logEndOffset ?? null
    await this.#folder.suspicion.add([this.#suspectOf(replica, { reason, detail, logEndOffset })])
  }

  /** The replicas have caught up with a log that may be believed, or go on alone. Durable when resolved. */
  async liftSuspicion(names: readonly PartitionName[]): Promise<void> {
    const lifted = new Set(names.map(partitionKey))
    this.#found = this.#found.filter((suspect) => !lifted.has(partitionKey(suspect)))
    await this.#folder.suspicion.lift(names)
  }

  /** Writes both checkpoints: after a truncation or a new log start it makes them durable; otherwise it runs by itself. */
  checkpoint(): Promise<void> {
    return this.#folder.checkpoints.write(() => this.#offsets())
  }

  /**
   * Closes every log, then the folder. The clean mark is written only if all that is hosted is on the disk. Never
   * rejects because of one log; rejects with the fault of the folder's own files.
   */
  close(options: { brokerEpoch?: number } = {}): Promise<void> {
    this.#closed ??= this.#close(options.brokerEpoch ?? -1)
    return this.#closed
  }

  async #close(brokerEpoch: number): Promise<void> {
    this.#stopCheckpoints()
    try {
      let isClean = this.#isSettled && this.#offline.size === 0
      const noted: NotedLog[] = []
      await inParallel([...this.logs()], this.#logsAtOnce, async ({ replica, log }) => {
        try {
          await log.close()
          const asClosed = await log.asClosed()
          if (asClosed !== null) noted.push({ replica, asClosed })
        } catch (error) {
          isClean = false
          this.#warn(replica, error, 'a log was not closed well: the next start checks it')
        }
        if (log.fault !== null) isClean = false
      })
      await Promise.allSettled(this.#removals)
      if (this.#isSettled) await this.checkpoint()
      if (isClean) await this.#folder.closedLogs.write(noted)
      if (isClean) await writeCleanMark(this.#options.runtime.disk, this.path, { brokerEpoch })
    } finally {
      await this.#folder.lock.release()
    }
  }

  async #openOrLeave(replica: HostedReplica, how: OpenLogs<L>): Promise<void> {
    try {
      await this.#open(replica, how)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : null
      // What has no code is no fault but a mistake of ours.
      if (!(error instanceof Error) || typeof code !== 'string' || processCodes.has(code)) throw error
      this.#offline.set(partitionKey(replica), { replica, error })
      // What the power cut may have left in it has not been judged: the start that opens it has to know.
      if (this.start.doubts.powerCut) this.#doubt(replica, 'power-cut', error.message)
      else if (isFailedSync(error)) this.#doubt(replica, 'failed-sync', error.message)
      else if (!passingCodes.has(code)) this.#doubt(replica, 'damage', error.message)
      if (this.#offline.size > offlineLinesMax) return
      this.#options.runtime.logger.error(
        { ...replica, error: error.message },
        'a log cannot be opened and stays offline',
      )
    }
  }

  async #open(replica: HostedReplica, how: OpenLogs<L>): Promise<L> {
    const { checkpoints, closedLogs } = this.#folder
    const { clean, doubts } = this.start
    const directory = `${this.path}/${folderOf(replica)}`
    const identified = await this.#identify(replica, directory)
    const noted = checkpoints.of(replica)
    const suspect = this.suspect(replica)
    const unjudged = suspect?.reason === 'power-cut' && suspect.logEndOffset === null
    const powerCut = (doubts.powerCut || unjudged) && !clean
    const syncFailed = suspect?.reason === 'failed-sync'
    const asClosed = powerCut || syncFailed ? null : closedLogs.of(replica)
    const place = { ...identified, ...noted, directory, clean, asClosed, powerCut, syncFailed }
    const log = await how.open(place)
    this.#logs.set(partitionKey(replica), log)
    const why = this.#judge(identified, log, how)
    // It knows that itself from now on.
    checkpoints.forget(replica)
    if (why !== null) this.#doubt(identified, why.reason, why.detail, log)
    return log
  }

  /** Why a log just opened is suspect; null: it is not. */
  #judge(replica: HostedReplica, log: L, how: OpenLogs<L>): Pick<Suspect, 'reason' | 'detail'> | null {
    const { doubts } = this.start
    const { recoveryPoint } = this.#folder.checkpoints.of(replica)
    const damage = how.damageOf?.(log) ?? null
    if (damage !== null) return { reason: 'damage', detail: damage }
    if (log.logEndOffset < recoveryPoint) {
      return { reason: 'damage', detail: `it ends at ${log.logEndOffset}, and ${recoveryPoint} was fsynced` }
    }
    if (doubts.suspectsLost) return { reason: 'damage', detail: 'the list of suspects was lost' }
    if (!doubts.powerCut || how.flushesAlways(replica)) return null
    return { reason: 'power-cut', detail: 'the machine was restarted without a clean shutdown' }
  }

  async #takeOut(name: PartitionName, why: 'delete' | 'stray'): Promise<string | null> {
    const key = partitionKey(name)
    const { hosted, suspicion, checkpoints } = this.#folder
    const { disk, random } = this.#options.runtime
    const log = this.#logs.get(key)
    this.#logs.delete(key)
    this.#offline.delete(key)
    await log?.close().catch((error: unknown) => this.#warn(name, error, 'a log that is taken out was not closed well'))
    if (hosted.get(name) === undefined) return null
    // A crash before the end then means deletion. What is to be kept looks missing instead, until it is taken out again.
    if (why === 'delete') await hosted.beginDeletion(name)
    let aside: string | null = null
    if (await disk.exists(`${this.path}/${folderOf(name)}`)) {
      aside = await setAside({ disk, directory: this.path, random }, name, why)
      await disk.syncDirectory(this.path)
    }
    await hosted.remove([name])
    checkpoints.forget(name)
    await suspicion.lift([name])
    return aside
  }

  /** The list and `partition.metadata` must tell of the same topic; where only one does, the other is mended. */
  async #identify(replica: HostedReplica, directory: string): Promise<HostedReplica> {
    const { disk, logger } = this.#options.runtime
    const read = await readPartitionMetadata(disk, directory)
    if (read.state === 'whole' && read.topicId === replica.topicId) return replica
    if (read.state === 'whole' && replica.topicId !== null) {
      const sentence = `${directory} belongs to topic id ${read.topicId}, not to ${replica.topicId}`
      throw new LogDirectoryRefusal({ code: 'other-topic', path: directory, sentence })
    }
    if (read.state === 'whole') {
      const identified = { ...replica, topicId: read.topicId }
      await this.#folder.hosted.add([identified])
      return identified
    }
    if (replica.topicId === null) return replica
    // It is not fsynced, as the list of replicas is: after a power cut it is often empty.
    if (read.state === 'damaged') logger.debug({ directory }, 'partition.metadata is damaged and is written anew')
    await writePartitionMetadata(disk, directory, replica.topicId)
    return replica
  }

  /** With the list lost, the image tells what else should be here: its folders are gone. */
  async #takeExpected(how: OpenLogs<L>): Promise<HostedReplica[]> {
    const { hosted } = this.#folder
    if (!this.start.doubts.listLost || how.expected === undefined) return []
    const gone = [...how.expected()].filter((replica) => hosted.get(replica) === undefined)
    if (gone.length > 0) await hosted.add(gone)
    return gone
  }

  async #markDirty(): Promise<void> {
    invariant(this.#closed === null, 'an append after the close', { path: this.path })
    const { disk, bootId } = this.#options.runtime
    // The boot first: with the mark gone and an older boot named, a kill would look like a power cut.
    await writeBootId(disk, this.path, bootId)
    await removeCleanMark(disk, this.path)
  }

  #isMissing(replica: HostedReplica): boolean {
    return this.start.missingReplicas.some((missing) => partitionKey(missing) === partitionKey(replica))
  }

  #doubt(replica: HostedReplica, reason: SuspicionReason, detail: string, log: L | null = null): void {
    this.#found.push(this.#suspectOf(replica, { reason, detail, logEndOffset: log?.logEndOffset ?? null }))
  }

  #suspectOf(
    { topic, partition, topicId }: HostedReplica,
    why: Pick<Suspect, 'reason' | 'detail' | 'logEndOffset'>,
  ): Suspect {
    return { topic, partition, topicId, ...why, sinceMs: this.#options.runtime.clock.nowMs() }
  }

  *#offsets(): Iterable<LogOffsets> {
    const { hosted, checkpoints } = this.#folder
    for (const { topic, partition } of hosted.values()) {
      const log = this.log({ topic, partition })
      const noted = log === null ? checkpoints.of({ topic, partition }) : offsetsOf(log)
      yield { topic, partition, ...noted }
    }
  }

  #startCheckpoints(): void {
    const { runtime, checkpointIntervalMs = checkpointIntervalDefaultMs } = this.#options
    const next = () => {
      const timer = runtime.clock.setTimer(checkpointIntervalMs, () => {
        this.checkpoint()
          .catch((error: unknown) =>
            runtime.logger.error({ path: this.path, error: `${error}` }, 'checkpoints were not written'),
          )
          .finally(() => {
            if (this.#closed === null) next()
          })
      })
      this.#stopCheckpoints = () => timer.cancel()
    }
    next()
  }

  #removeInBackground(folder: string): void {
    const { disk, logger } = this.#options.runtime
    const removal: Promise<void> = disk
      .removeTree(folder)
      // It is found again and removed at the next start.
      .catch((error: unknown) => logger.warn({ folder, error: `${error}` }, 'a deleted partition was not removed yet'))
      .finally(() => this.#removals.delete(removal))
    this.#removals.add(removal)
  }

  #warn(name: PartitionName, error: unknown, message: string): void {
    const { topic, partition } = name
    this.#options.runtime.logger.warn({ topic, partition, error: `${error}` }, message)
  }

  get #logsAtOnce(): number {
    return this.#options.logsAtOnce ?? logsAtOnceDefault
  }
}

function offsetsOf({ flushedUpTo, logStartOffset, cleanedUpTo }: HostedLog): NotedOffsets {
  return { recoveryPoint: flushedUpTo, logStartOffset, cleanedUpTo }
}

function isFailedSync(error: Error): boolean {
  return error instanceof DiskFault && error.operation === 'sync'
}
