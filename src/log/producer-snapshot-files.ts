import type { Offset, Timestamp } from '../record/offset.ts'
import type { Disk } from '../runtime/disk.ts'
import type { Logger } from '../runtime/logger.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot.ts'
import { isExpired, type ProducerState } from './producer-state.ts'
import { SnapshotFiles } from './snapshot-files.ts'

/** The `.snapshot` files of one log, named by the offset up to which they hold the producer state. */
export class ProducerSnapshots {
  readonly #files: SnapshotFiles
  readonly #logger: Logger

  private constructor(files: SnapshotFiles, logger: Logger) {
    this.#files = files
    this.#logger = logger
  }

  /** Finds the snapshots among the files of `directory`. What a crash left half-written or half-deleted is removed. */
  static async open(place: {
    disk: Disk
    directory: string
    logger: Logger
    /** The files of the directory. */
    names: readonly string[]
  }): Promise<ProducerSnapshots> {
    return new ProducerSnapshots(await SnapshotFiles.open({ ...place, ending: '.snapshot' }), place.logger)
  }

  /** Ascending. */
  get offsets(): readonly Offset[] {
    return this.#files.offsets
  }

  /**
   * Brings `state` as near below `logEndOffset` as a snapshot allows, after a start or a truncation: the caller takes in
   * the log's batches from `state.endOffset` on. Snapshots above the log end or below its start go, as do damaged
   * ones.
   */
  async reload(
    state: ProducerState,
    to: { logStartOffset: Offset; logEndOffset: Offset; nowMs: Timestamp; expirationMs: number },
  ): Promise<void> {
    const { logStartOffset, logEndOffset, nowMs, expirationMs } = to
    for (const offset of this.offsets) {
      if (offset > logEndOffset || offset < logStartOffset) await this.remove(offset)
    }
    for (let newest = this.offsets.at(-1); newest !== undefined; newest = this.offsets.at(-1)) {
      const bytes = await this.#files.read(newest)
      const entries = bytes === null ? null : decodeProducerSnapshot(bytes)
      if (entries !== null) {
        state.reset(
          newest,
          entries.filter((entry) => !isExpired(entry, nowMs, expirationMs)),
        )
        return
      }
      this.#logger.warn({ path: this.#files.path(newest) }, 'a producer snapshot is damaged and is not used')
      await this.remove(newest)
    }
    state.reset(logStartOffset)
  }

  /** Writes the state at its end offset, unless that is 0 or has one. Durable when resolved. The bytes are taken at once. */
  async take(state: ProducerState): Promise<void> {
    const offset = state.endOffset
    if (offset === 0 || this.offsets.includes(offset)) return
    await this.#files.write(offset, encodeProducerSnapshot(state.entries()))
  }

  /** Removes the one at `offset`, if there is one: with the segment of that base offset. */
  remove(offset: Offset): Promise<void> {
    return this.#files.remove(offset)
  }

  /** Removes all but those of a segment's base offset and the newest, which a clean close has left. */
  removeStrays(segmentBaseOffsets: Iterable<Offset>): Promise<void> {
    return this.#files.removeStrays(segmentBaseOffsets)
  }
}
