import type { LogName, PartitionLogs } from '../broker/partition-logs.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { DamagedRange } from '../log/damaged-ranges.ts'
import { DelayedRemovals } from '../log/delayed-removals.ts'
import { FileHandles } from '../log/file-handles.ts'
import { Log } from '../log/log.ts'
import { LogDirectory, type LogPlace } from '../log/log-directory.ts'
import { folderOf } from '../log/log-directory-name.ts'
import type { LogEvents, LogSettings } from '../log/log-settings.ts'
import { TailMemory } from '../log/tail-memory.ts'
import { isCommitLog } from '../metadata/topic-name.ts'
import { CutReceipts, type ReplicaReceipts } from '../receipt/cut-receipts.ts'
import { Receipts } from '../receipt/receipts.ts'
import type { Offset } from '../record/offset.ts'
import type { DiskFault } from '../runtime/disk.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Runtime } from '../runtime/runtime.ts'

/** Hands a log's events on to the replica, which comes to be after its log. Notes that an fsync has failed. */
class Relay implements LogEvents {
  target: LogEvents | null = null
  readonly #folder: LogDirectory<Log>
  readonly #topic: string
  readonly #partition: number
  readonly #logger: Logger
  readonly #onFault: (fault: DiskFault) => void

  constructor(
    folder: LogDirectory<Log>,
    { topic, partition }: LogPlace,
    told: { logger: Logger; onFault: (fault: DiskFault) => void },
  ) {
    const { logger } = told
    this.#onFault = told.onFault
    this.#folder = folder
    this.#topic = topic
    this.#partition = partition
    this.#logger = logger
  }

  stored(upTo: Offset): void {
    this.target?.stored(upTo)
  }

  flushed(upTo: Offset): void {
    this.target?.flushed(upTo)
  }

  damaged(range: DamagedRange): void {
    this.target?.damaged(range)
  }

  failed(fault: DiskFault): void {
    this.#onFault(fault)
    if (fault.operation === 'sync') this.#noteFailedSync(fault)
    this.target?.failed(fault)
  }

  #noteFailedSync(fault: DiskFault): void {
    const name = { topic: this.#topic, partition: this.#partition }
    this.#folder.syncFailed(name, fault.message).catch((error: unknown) => {
      const facts = { ...name, error: String(error) }
      this.#logger.error(facts, 'a failed fsync could not be noted: a power cut may take what it was to save')
    })
  }
}

/** The folder of a broker with its logs, which share memory and file handles. */
export class LogFolder implements PartitionLogs {
  readonly directory: LogDirectory<Log>
  /** What replicas of this folder have lost, and the bytes of it that are kept. */
  readonly cuts: CutReceipts
  readonly #runtime: Runtime
  readonly #config: BrokerConfig
  readonly #tail: TailMemory
  readonly #files: FileHandles
  readonly #removals: DelayedRemovals
  readonly #relays = new Map<Log, Relay>()
  /** Resolves when the disk has failed under a log, or under what is kept beside one. */
  readonly failed: Promise<DiskFault>
  #tellFailed: (fault: DiskFault) => void = () => {}

  private constructor(runtime: Runtime, config: BrokerConfig, directory: LogDirectory<Log>, cuts: CutReceipts) {
    this.directory = directory
    this.cuts = cuts
    this.#runtime = runtime
    this.#config = config
    this.#tail = new TailMemory({ maxBytes: config.logTailMemoryMaxBytes })
    this.#removals = new DelayedRemovals(runtime)
    this.failed = new Promise((resolve) => {
      this.#tellFailed = resolve
    })
    this.#files = new FileHandles(runtime.disk, config.logFileHandlesMax, {
      idleBufferBytes: config.logReadBuffersMaxBytes,
    })
  }

  /** Takes the folder, or makes it. Opens no log yet. */
  static async open(runtime: Runtime, config: BrokerConfig, path: string): Promise<LogFolder> {
    const directory = await LogDirectory.open<Log>({
      runtime,
      path,
      nodeId: config.nodeId,
      clusterId: config.clusterId ?? undefined,
      checkpointIntervalMs: config.logFlushOffsetCheckpointIntervalMs,
    })
    try {
      return new LogFolder(runtime, config, directory, await openCuts(runtime, config, directory))
    } catch (error) {
      await directory.close()
      throw error
    }
  }

  /** Opens the log that stands at `place`. */
  async openAt(place: LogPlace, settings: LogSettings): Promise<Log> {
    const { disk, clock, random, logger } = this.#runtime
    const relay = new Relay(this.directory, place, { logger, onFault: this.#tellFailed })
    const { directory, recoveryPoint, logStartOffset, cleanedUpTo, clean, asClosed, powerCut, syncFailed } = place
    const log = await Log.open({
      disk,
      clock,
      random,
      logger,
      directory,
      settings,
      events: relay,
      tail: this.#tail,
      files: this.#files,
      removals: this.#removals,
      recoveryPoint,
      logStartOffset,
      cleanedUpTo,
      clean,
      asClosed,
      powerCut,
      syncFailed,
      unit: isCommitLog(place.topic) ? 'broker' : 'partition',
      producerStateExpiryMs: this.#config.producerIdExpirationMs,
    })
    this.#relays.set(log, relay)
    const { topic, partition, topicId } = place
    if (topicId !== null) await this.cuts.finish({ topic, partition, topicId }, log)
    return log
  }

  async open(name: LogName, settings: LogSettings, events: LogEvents): Promise<Log> {
    const { topic, partition, topicId } = name
    const log =
      this.directory.log({ topic, partition }) ??
      (await this.directory.create({ topic, partition, topicId }, (place) => this.openAt(place, settings)))
    const relay = this.#relays.get(log)
    if (relay !== undefined) relay.target = events
    log.configure(settings)
    return log
  }

  receiptsFor(name: LogName): ReplicaReceipts {
    return this.cuts.for(name)
  }

  folderOf(name: { topic: string; partition: number }): string {
    return `${this.directory.path}/${folderOf(name)}`
  }

  checkpoint(): Promise<void> {
    return this.directory.checkpoint()
  }

  /** What waits to be removed is left to the next start. */
  stopRemovals(): void {
    this.#removals.stop()
  }

  /** The disk has failed under a log, or under something else: a vote, a folder that is made. */
  diskFailed(fault: DiskFault): void {
    this.#tellFailed(fault)
  }

  async delete(name: { topic: string; partition: number }): Promise<void> {
    this.#forget(name)
    await this.directory.delete(name)
  }

  /** Closes the log and keeps its folder under another name. */
  async setAside(name: { topic: string; partition: number }): Promise<void> {
    this.#forget(name)
    await this.directory.setAside(name)
  }

  #forget(name: { topic: string; partition: number }): void {
    const log = this.directory.log(name)
    if (log !== null) this.#relays.delete(log)
  }
}

async function openCuts(runtime: Runtime, config: BrokerConfig, { path, identity }: LogDirectory<Log>) {
  const { nodeId: broker, receiptsMax, receiptsKeptMaxBytes: bytesMax, receiptsKeptMaxMs: ageMaxMs } = config
  const receipts = await Receipts.open(runtime.disk, path, receiptsMax)
  const replica = { broker, directory: identity.directoryId }
  return await CutReceipts.open({ runtime, receipts, replica, bounds: { bytesMax, ageMaxMs } })
}
