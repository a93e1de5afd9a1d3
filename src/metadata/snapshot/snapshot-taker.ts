import type { Log } from '../../log/log.ts'
import type { LeaderEpoch, Offset, Timestamp } from '../../record/offset.ts'
import type { Clock } from '../../runtime/clock.ts'
import { DiskFault } from '../../runtime/disk.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { ClusterImage } from '../image.ts'
import type { SnapshotFolder } from './snapshot-folder.ts'

/** When a snapshot is due: after so many bytes of records, or, if there are any, so long after the one before (0: never by time). */
export interface SnapshotPace {
  readonly recordBytesMax: number
  readonly intervalMs: number
}

/** A batch that the image holds now, as everything before it. */
export interface ReplayedBatch {
  readonly endOffset: Offset
  readonly epoch: LeaderEpoch
  readonly timestamp: Timestamp
  readonly bytes: number
}

/** Has snapshots of the image written as it moves: one at a time, beside all other work. */
export class SnapshotTaker {
  readonly #folder: SnapshotFolder
  readonly #log: Log
  readonly #checkpoint: () => Promise<void>
  readonly #snapshotOf: (batch: ReplayedBatch, log: Log) => ReplayedBatch
  readonly #pace: SnapshotPace
  readonly #clock: Clock
  readonly #logger: Logger
  #recordBytes = 0
  #takenMs: number
  #work: Promise<void> | null = null
  #isStopped = false

  constructor(parts: {
    folder: SnapshotFolder
    log: Log
    checkpoint: () => Promise<void>
    snapshotOf: (batch: ReplayedBatch, log: Log) => ReplayedBatch
    pace: SnapshotPace
    clock: Clock
    logger: Logger
  }) {
    this.#folder = parts.folder
    this.#log = parts.log
    this.#checkpoint = parts.checkpoint
    this.#snapshotOf = parts.snapshotOf
    this.#pace = parts.pace
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#takenMs = parts.clock.monotonicMs()
  }

  /** To be called between two batches: the image is the state of the log at the end of this one. */
  replayed(image: ClusterImage, batch: ReplayedBatch): void {
    this.#recordBytes += batch.bytes
    if (this.#work !== null || this.#isStopped || !this.#isDue) return
    this.#recordBytes = 0
    this.#takenMs = this.#clock.monotonicMs()
    this.#work = this.#take(image.copy(), this.#snapshotOf(batch, this.#log)).finally(() => {
      this.#work = null
    })
  }

  /** Resolves when nothing is being written any more. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#work
  }

  get #isDue(): boolean {
    const { recordBytesMax, intervalMs } = this.#pace
    if (this.#recordBytes >= recordBytesMax) return true
    return intervalMs > 0 && this.#clock.monotonicMs() - this.#takenMs >= intervalMs
  }

  async #take(image: ClusterImage, { endOffset, epoch, timestamp }: ReplayedBatch): Promise<void> {
    try {
      await this.#folder.write({ endOffset, epoch, image }, timestamp)
      this.#logger.info({ endOffset, epoch }, 'a snapshot of the cluster was taken')
      await this.#letGo()
    } catch (error) {
      // The log has all of it: another one is tried when it is due.
      if (!(error instanceof DiskFault)) throw error
      this.#logger.warn({ endOffset, epoch, error: error.message }, 'a snapshot of the cluster could not be written')
    }
  }

  /**
   * What lies below the snapshot before the newest one goes: records once it is durable that the log begins above them, then
   * older snapshots.
   */
  async #letGo(): Promise<void> {
    const kept = this.#folder.ids.at(-2)
    if (kept === undefined) return
    this.#log.moveLogStart(kept.endOffset, kept.epoch)
    await this.#checkpoint()
    // Records are removed by whole segments: the next snapshot finds one that ends here.
    await this.#log.roll()
    await this.#log.removeBelowLogStart()
    await this.#folder.removeBefore(kept)
  }
}
