import type { Offset } from '../record/offset.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { type CheckpointEntry, logStartName, OffsetCheckpoint, recoveryPointName } from './checkpoint-file.ts'
import { type PartitionName, partitionKey } from './log-directory-name.ts'

/** Offsets of one log to checkpoint. */
export interface LogOffsets extends PartitionName {
  readonly recoveryPoint: Offset
  readonly logStartOffset: Offset
}

/** The two checkpoints of a folder: up to where each log is fsynced, and where it begins. */
export class DirectoryCheckpoints {
  readonly #recoveryPoints: OffsetCheckpoint
  readonly #logStarts: OffsetCheckpoint
  /** As read at the start, for logs that are not open. */
  readonly #known: Map<string, { recoveryPoint: Offset; logStartOffset: Offset }>
  #writing: Promise<void> = Promise.resolve()

  private constructor(
    files: { recoveryPoints: OffsetCheckpoint; logStarts: OffsetCheckpoint },
    known: Map<string, { recoveryPoint: Offset; logStartOffset: Offset }>,
  ) {
    this.#recoveryPoints = files.recoveryPoints
    this.#logStarts = files.logStarts
    this.#known = known
  }

  /** A damaged file is as if it were missing, as with Kafka: more is scanned, and logs begin at their first segment. */
  static async read({ disk, logger }: Runtime, directory: string): Promise<DirectoryCheckpoints> {
    const recoveryPoints = new OffsetCheckpoint(disk, `${directory}/${recoveryPointName}`)
    const logStarts = new OffsetCheckpoint(disk, `${directory}/${logStartName}`)
    const known = new Map<string, { recoveryPoint: Offset; logStartOffset: Offset }>()
    const points = await recoveryPoints.read()
    const starts = await logStarts.read()
    if (points === null)
      logger.error({ directory, file: recoveryPointName }, 'a checkpoint is damaged: logs are scanned')
    if (starts === null)
      logger.error({ directory, file: logStartName }, 'a checkpoint is damaged: deleted records may be back')
    for (const key of new Set([...(points?.keys() ?? []), ...(starts?.keys() ?? [])])) {
      known.set(key, { recoveryPoint: points?.get(key) ?? 0, logStartOffset: starts?.get(key) ?? 0 })
    }
    return new DirectoryCheckpoints({ recoveryPoints, logStarts }, known)
  }

  of(name: PartitionName): { recoveryPoint: Offset; logStartOffset: Offset } {
    return this.#known.get(partitionKey(name)) ?? { recoveryPoint: 0, logStartOffset: 0 }
  }

  /** Of a log that was just brought into the folder; durable with the next write. */
  know(name: PartitionName, offsets: { readonly recoveryPoint: Offset; readonly logStartOffset: Offset }): void {
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
    for (const { topic, partition, recoveryPoint, logStartOffset } of offsets) {
      points.push({ topic, partition, offset: recoveryPoint })
      if (logStartOffset > 0) starts.push({ topic, partition, offset: logStartOffset })
    }
    await this.#recoveryPoints.write(points)
    await this.#logStarts.write(starts)
  }
}
