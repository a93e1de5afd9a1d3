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
import type { Offset } from '../record/offset.ts'
import type { DiskFault } from '../runtime/disk.ts'
import type { Runtime } from '../runtime/runtime.ts'

/** Hands a log's events on to the replica, which comes to be after its log. */
class Relay implements LogEvents {
  target: LogEvents | null = null
  readonly #onFault: (fault: DiskFault) => void

  constructor(onFault: (fault: DiskFault) => void) {
    this.#onFault = onFault
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
    this.target?.failed(fault)
  }
}

/** The folder of a broker with its logs, which share memory and file handles. */
export class LogFolder implements PartitionLogs {
  readonly directory: LogDirectory<Log>
  readonly #runtime: Runtime
  readonly #config: BrokerConfig
  readonly #tail: TailMemory
  readonly #files: FileHandles
  readonly #removals: DelayedRemovals
  readonly #relays = new Map<Log, Relay>()
  /** Resolves when the disk has failed under a log, or under what is kept beside one. */
  readonly failed: Promise<DiskFault>
  #tellFailed: (fault: DiskFault) => void = () => {}

  private constructor(runtime: Runtime, config: BrokerConfig, directory: LogDirectory<Log>) {
    this.directory = directory
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
    return new LogFolder(runtime, config, directory)
  }

  /** Opens the log that stands at `place`. */
  async openAt(place: LogPlace, settings: LogSettings): Promise<Log> {
    const { disk, clock, random, logger } = this.#runtime
    const relay = new Relay((fault) => this.#failed(place, fault))
    const { directory, recoveryPoint, logStartOffset, cleanedUpTo, clean, powerCut, syncFailed } = place
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
      powerCut,
      syncFailed,
      producerStateExpiryMs: this.#config.producerIdExpirationMs,
    })
    this.#relays.set(log, relay)
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

  /** The disk has failed under something else than a log: a vote, a folder that is made. */
  diskFailed(fault: DiskFault): void {
    this.#tellFailed(fault)
  }

  #failed({ topic, partition }: LogPlace, fault: DiskFault): void {
    this.diskFailed(fault)
    if (fault.operation !== 'sync') return
    this.directory.syncFailed({ topic, partition }, fault.message).catch((error: unknown) => {
      const facts = { topic, partition, error: String(error) }
      this.#runtime.logger.error(facts, 'a failed fsync could not be noted: a power cut may take what it was to save')
    })
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
