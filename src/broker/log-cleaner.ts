import type { CompactionMemory } from '../log/compaction/compact-log.ts'
import { type Cleanable, isWorthIt } from '../log/compaction/cleanable.ts'
import { CompactionStopped } from '../log/compaction/compaction-pace.ts'
import { LogReadFault } from '../log/log-faults.ts'
import type { Log } from '../log/log.ts'
import type { Replica } from '../replica/replica.ts'
import { DiskFault } from '../runtime/disk.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Counter, Metrics } from '../runtime/metrics.ts'

/** What a compaction may take (`log.cleaner.*`). */
export interface CleanerSettings {
  readonly memory: CompactionMemory
  readonly bytesPerSecond: number
}

export interface CleanerParts {
  readonly logger: Logger
  readonly metrics: Metrics
  /** Those whose logs may be compacted. */
  replicas(): Iterable<Replica>
  /** The settings in force; asked for each compaction. */
  settings(): CleanerSettings
  /** Makes durable up to where logs are compacted. */
  checkpoint(): Promise<void>
}

interface Worthy {
  readonly replica: Replica
  readonly part: Cleanable
}

/** Compacts the logs of one broker, one at a time: always that of which the largest share is dirty, as Kafka does. */
export class LogCleaner {
  readonly #parts: CleanerParts
  readonly #runs: Counter
  readonly #removedBytes: Counter
  /** Logs with bytes that cannot be read, until they are opened again. */
  readonly #unreadable = new WeakSet<Log>()
  #isStopped = false
  #dirtiestRatio = 0

  constructor(parts: CleanerParts) {
    const { metrics } = parts
    this.#parts = parts
    this.#runs = metrics.counter({ name: 'trilog_compactions_total', help: 'Compactions that came to their end.' })
    this.#removedBytes = metrics.counter({
      name: 'trilog_compaction_removed_bytes_total',
      help: 'Bytes by which compactions have made logs shorter.',
    })
    metrics.observe(
      {
        name: 'trilog_compaction_dirty_ratio_max',
        help: 'Largest share of bytes that no compaction has seen, of all compacted logs, when they were looked at last.',
        kind: 'gauge',
      },
      () => [{ value: this.#dirtiestRatio }],
    )
  }

  /** The compaction that runs ends early, and no other begins. */
  stop(): void {
    this.#isStopped = true
  }

  /** Compacts the log that is worth it most. False: none is, or it could not be done now. */
  async cleanOne(): Promise<boolean> {
    const worthy = await this.#dirtiest()
    if (worthy === null || this.#isStopped) return false
    const { topic, partition } = worthy.replica
    try {
      await this.#compact(worthy)
      return true
    } catch (error) {
      if (error instanceof CompactionStopped) return false
      if (error instanceof LogReadFault) this.#unreadable.add(worthy.replica.log)
      else if (!(error instanceof DiskFault)) throw error
      this.#parts.logger.error({ topic, partition, error: error.message }, 'a log could not be compacted')
      return false
    }
  }

  async #compact({ replica, part }: Worthy): Promise<void> {
    const { topic, partition, log } = replica
    const { logger } = this.#parts
    if (log.cleanedUpTo === null) {
      log.compactions.begin()
      await this.#parts.checkpoint()
    }
    const report = await log.compactions.run({
      ...this.#parts.settings(),
      part,
      committedUpTo: replica.highWatermark,
      replicatedUpTo: () => replica.replicatedUpTo,
      isStopped: () => this.#isStopped,
    })
    await this.#parts.checkpoint()
    this.#runs.add()
    this.#removedBytes.add(Math.max(0, report.bytesBefore - report.bytesAfter))
    logger.info({ topic, partition, dirtyFrom: part.firstDirty, ...report }, 'a log was compacted')
  }

  async #dirtiest(): Promise<Worthy | null> {
    let dirtiest: Worthy | null = null
    this.#dirtiestRatio = 0
    for (const replica of [...this.#parts.replicas()]) {
      const { log } = replica
      const rule = log.settings.compaction ?? null
      if (rule === null || this.#unreadable.has(log)) continue
      const part = await this.#partOf(replica)
      if (part === null) continue
      this.#dirtiestRatio = Math.max(this.#dirtiestRatio, part.ratio)
      if (!isWorthIt(part, rule) || part.ratio < (dirtiest?.part.ratio ?? 0)) continue
      dirtiest = { replica, part }
    }
    return dirtiest
  }

  async #partOf({ topic, partition, log, highWatermark }: Replica): Promise<Cleanable | null> {
    try {
      return await log.compactions.cleanable(log.lastStableOffset(highWatermark))
    } catch (error) {
      if (!(error instanceof DiskFault)) throw error
      this.#parts.logger.warn({ topic, partition, error: error.message }, 'a log could not be looked at for compaction')
      return null
    }
  }
}
