import type { Offset } from '../record/offset.ts'
import type { Runtime } from '../runtime/runtime.ts'
import {
  type CheckpointEntry,
  cleanedName,
  logStartName,
  OffsetCheckpoint,
  recoveryPointName,
} from './checkpoint-file.ts'
import { type PartitionName, partitionKey } from './log-directory-name.ts'

/** What is noted of one log. */
export interface NotedOffsets {
  /** All below is fsynced. */
  readonly recoveryPoint: Offset
  readonly logStartOffset: Offset
  /** All below has been compacted; null: the log never was. */
  readonly cleanedUpTo: Offset | null
}

/** Offsets of one log to checkpoint. */
export interface LogOffsets extends PartitionName, NotedOffsets {}

const nothingNoted: NotedOffsets = { recoveryPoint: 0, logStartOffset: 0, cleanedUpTo: null }

interface CheckpointFiles {
  readonly recoveryPoints: OffsetCheckpoint
  readonly logStarts: OffsetCheckpoint
  readonly cleaned: OffsetCheckpoint
}

/** The three checkpoints of a folder: up to where each log is fsynced, where it begins, and up to where it is compacted. */
export class DirectoryCheckpoints {
  readonly #files: CheckpointFiles
  /** As read at the start, for logs that are not open. */
  readonly #known: Map<string, NotedOffsets>
  /** What holds of a log that is not known. */
  readonly #otherwise: NotedOffsets
  #writing: Promise<void> = Promise.resolve()

  private constructor(files: CheckpointFiles, known: Map<string, NotedOffsets>, otherwise: NotedOffsets) {
    this.#files = files
    this.#known = known
    this.#otherwise = otherwise
  }

  /**
   * A damaged file is as if it were missing, as with Kafka: more is scanned, logs begin at their first segment, and are
   * compacted from there.
   */
  static async read({ disk, logger }: Runtime, directory: string): Promise<DirectoryCheckpoints> {
    const read = async (name: string, message: string) => {
      const file = new OffsetCheckpoint(disk, `${directory}/${name}`)
      const offsets = await file.read()
      if (offsets === null) logger.error({ directory, file: name }, `a checkpoint is damaged: ${message}`)
      return { file, offsets: offsets ?? new Map<string, Offset>(), isLost: offsets === null }
    }
    const points = await read(recoveryPointName, 'logs are scanned')
    const starts = await read(logStartName, 'deleted records may be back')
    const cleaned = await read(cleanedName, 'logs are compacted from their beginning')
    // Any log may have been compacted, then, and have gaps.
    const otherwise = cleaned.isLost ? { ...nothingNoted, cleanedUpTo: 0 } : nothingNoted
    const known = new Map<string, NotedOffsets>()
    for (const key of [points, starts, cleaned].flatMap(({ offsets }) => [...offsets.keys()])) {
      known.set(key, {
        recoveryPoint: points.offsets.get(key) ?? 0,
        logStartOffset: starts.offsets.get(key) ?? 0,
        cleanedUpTo: cleaned.offsets.get(key) ?? otherwise.cleanedUpTo,
      })
    }
    const files = { recoveryPoints: points.file, logStarts: starts.file, cleaned: cleaned.file }
    return new DirectoryCheckpoints(files, known, otherwise)
  }

  of(name: PartitionName): NotedOffsets {
    return this.#known.get(partitionKey(name)) ?? this.#otherwise
  }

  /** Of a log that was just brought into the folder; durable with the next write. */
  know(name: PartitionName, offsets: NotedOffsets): void {
    this.#known.set(partitionKey(name), offsets)
  }

  forget(name: PartitionName): void {
    this.#known.delete(partitionKey(name))
  }

  /** Durable when resolved. One write after the other; `offsets` is asked when the write begins. */
  write(offsets: () => Iterable<LogOffsets>): Promise<void> {
    this.#writing = this.#writing.then(
      () => this.#write(offsets()),
      () => this.#write(offsets()),
    )
    return this.#writing
  }

  async #write(offsets: Iterable<LogOffsets>): Promise<void> {
    const points: CheckpointEntry[] = []
    const starts: CheckpointEntry[] = []
    const cleaned: CheckpointEntry[] = []
    for (const { topic, partition, recoveryPoint, logStartOffset, cleanedUpTo } of offsets) {
      points.push({ topic, partition, offset: recoveryPoint })
      if (logStartOffset > 0) starts.push({ topic, partition, offset: logStartOffset })
      if (cleanedUpTo !== null) cleaned.push({ topic, partition, offset: cleanedUpTo })
    }
    await this.#files.recoveryPoints.write(points)
    await this.#files.logStarts.write(starts)
    await this.#files.cleaned.write(cleaned)
  }
}
