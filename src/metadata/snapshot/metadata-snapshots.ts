import type { Log } from '../../log/log.ts'
import type { GroupSnapshots } from '../../replica/group-snapshots.ts'
import type { BrokerId } from '../../replication/replica-id.ts'
import type { SnapshotId } from '../../replication/snapshot-id.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { ClusterImage } from '../image.ts'
import { type SnapshotAsks, SnapshotFetch } from './snapshot-fetch.ts'
import { type LoadedSnapshot, SnapshotFolder } from './snapshot-folder.ts'
import { type ReplayedBatch, type SnapshotPace, SnapshotTaker } from './snapshot-taker.ts'

export interface MetadataSnapshotsParts {
  readonly runtime: Pick<Runtime, 'disk' | 'clock' | 'logger' | 'metrics'>
  /** The folder of the metadata log. */
  readonly directory: string
  readonly clusterId: string
  readonly log: Log
  readonly asks: SnapshotAsks
  readonly pace: SnapshotPace
  /** Of a snapshot that another process fetches. */
  readonly pieceBytesMax: number
  /** Makes log starts durable. */
  readonly checkpoint: () => Promise<void>
  /** What a snapshot is taken to hold (see `BrokerRules`). */
  readonly snapshotOf: (batch: ReplayedBatch, log: Log) => ReplayedBatch
}

/**
 * The snapshots of the image that this process has, beside its metadata log: it starts from one, takes others as the image
 * moves, gives them to those whose logs end below its own, and gets one when its own does. Two are kept, and the log from the
 * end of the older one on, so that one that is damaged costs nothing.
 */
export class MetadataSnapshots implements GroupSnapshots {
  readonly #folder: SnapshotFolder
  readonly #fetch: SnapshotFetch
  readonly #taker: SnapshotTaker
  readonly #logger: Runtime['logger']
  /** What the start has read already. */
  #atStart: LoadedSnapshot | null

  private constructor(parts: MetadataSnapshotsParts, folder: SnapshotFolder, atStart: LoadedSnapshot | null) {
    const { runtime, asks, pieceBytesMax, log } = parts
    const { clock, logger } = runtime
    this.#folder = folder
    this.#atStart = atStart
    this.#logger = logger
    this.#fetch = new SnapshotFetch({ folder, asks, pieceBytesMax, logger })
    this.#taker = new SnapshotTaker({ ...parts, folder, clock, logger })
    runtime.metrics.observe(
      { name: 'trilog_metadata_snapshot_end_offset', help: 'End of the newest snapshot; 0: none.', kind: 'gauge' },
      () => [{ value: this.newest?.endOffset ?? 0 }],
    )
    runtime.metrics.observe(
      { name: 'trilog_metadata_log_start_offset', help: 'Where the metadata log begins.', kind: 'gauge' },
      () => [{ value: log.logStartOffset }],
    )
  }

  /** Null: the log begins above what any snapshot here holds, so that the image cannot be known. */
  static async open(parts: MetadataSnapshotsParts): Promise<MetadataSnapshots | null> {
    const { log, runtime, directory, clusterId } = parts
    const folder = await SnapshotFolder.open({ ...runtime, directory, clusterId })
    const newest = await folder.loadNewest()
    if (log.logStartOffset > (newest?.endOffset ?? 0)) {
      // An older one would only be taken for the state of what comes anew.
      if (newest !== null) await folder.removeBefore({ ...newest, endOffset: Number.MAX_SAFE_INTEGER })
      return null
    }
    if (newest !== null && !holds(log, newest)) await log.restartAt(newest.endOffset, newest.epoch)
    const below = folder.ids.find(({ endOffset }) => endOffset === log.logStartOffset)
    if (below !== undefined) log.moveLogStart(below.endOffset, below.epoch)
    return new MetadataSnapshots(parts, folder, newest)
  }

  get newest(): SnapshotId | null {
    return this.#folder.newest
  }

  /** The state that replay is to begin or to go on with; null: there is none but that of an empty log. */
  async load(): Promise<LoadedSnapshot | null> {
    const atStart = this.#atStart
    this.#atStart = null
    const loaded = atStart ?? (await this.#folder.loadNewest())
    if (loaded === null) return null
    const { endOffset, epoch } = loaded
    this.#logger.info({ endOffset, epoch }, 'the image is taken up from a snapshot')
    return loaded
  }

  /** To be called between two batches: the image is the state of the log at the end of this one. */
  replayed(image: ClusterImage, batch: ReplayedBatch): void {
    this.#taker.replayed(image, batch)
  }

  fetch(from: BrokerId, id: SnapshotId): Promise<boolean> {
    return this.#fetch.fetch(from, id)
  }

  /** Resolves when nothing is being written any more. */
  async stop(): Promise<void> {
    await this.#taker.stop()
  }
}

/**
 * Whether the log goes on from the snapshot. It does not when a crash came between a snapshot that was fetched and the log's
 * new beginning, or a power cut took entries that a majority of others had.
 */
function holds(log: Log, { endOffset, epoch }: SnapshotId): boolean {
  if (log.logEndOffset < endOffset) return false
  return log.logStartOffset === endOffset || log.epochs.epochAt(endOffset - 1) === epoch
}
