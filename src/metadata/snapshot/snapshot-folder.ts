import type { Position, Timestamp } from '../../record/offset.ts'
import type { SnapshotId } from '../../replication/snapshot-id.ts'
import type { Disk } from '../../runtime/disk.ts'
import type { Logger } from '../../runtime/logger.ts'
import { ClusterImage } from '../image.ts'
import { readSnapshotFile, writeSnapshotFile } from './snapshot-file.ts'
import { recordsBetween } from './records-between.ts'

/** A file that is not a snapshot yet: it is being written or fetched, or a crash came in between. */
const unfinished = '.part'

/** An image with what it holds. */
export interface LoadedSnapshot extends SnapshotId {
  readonly image: ClusterImage
}

/**
 * The snapshots of the image that lie beside the metadata log, named as Kafka's: end offset and epoch. Each gets its name
 * only when it is whole and fsynced.
 */
export class SnapshotFolder {
  readonly #disk: Disk
  readonly #directory: string
  readonly #clusterId: string
  readonly #logger: Logger
  /** Oldest first. */
  #ids: SnapshotId[] = []

  private constructor(parts: { disk: Disk; directory: string; clusterId: string; logger: Logger }) {
    this.#disk = parts.disk
    this.#directory = parts.directory
    this.#clusterId = parts.clusterId
    this.#logger = parts.logger
  }

  /** Finds what is there, and removes what was not finished. */
  static async open(parts: {
    disk: Disk
    directory: string
    clusterId: string
    logger: Logger
  }): Promise<SnapshotFolder> {
    const folder = new SnapshotFolder(parts)
    const { disk, directory } = parts
    for (const { name } of await disk.list(directory)) {
      if (name.endsWith(`.checkpoint${unfinished}`)) await disk.remove(`${directory}/${name}`)
      const id = snapshotIdOf(name)
      if (id !== null) folder.#ids.push(id)
    }
    folder.#ids.sort((one, other) => one.endOffset - other.endOffset)
    return folder
  }

  /** Oldest first. */
  get ids(): readonly SnapshotId[] {
    return this.#ids
  }

  get newest(): SnapshotId | null {
    return this.#ids.at(-1) ?? null
  }

  /** The newest that is whole; those that are not are passed over, and removed. Null: there is none. */
  async loadNewest(): Promise<LoadedSnapshot | null> {
    for (;;) {
      const id = this.newest
      if (id === null) return null
      const image = new ClusterImage(this.#clusterId)
      const isWhole = await readSnapshotFile(this.#disk, this.#pathOf(id), (record) =>
        image.replay(record, id.endOffset),
      )
      if (isWhole) return { ...id, image }
      this.#logger.error({ directory: this.#directory, ...id }, 'a snapshot is damaged: it is passed over')
      await this.#remove(id)
    }
  }

  /** Writes a snapshot of an image that does not change meanwhile. Durable when resolved. */
  async write({ endOffset, epoch, image }: LoadedSnapshot, timestamp: Timestamp): Promise<void> {
    const id = { endOffset, epoch }
    const records = recordsBetween(new ClusterImage(this.#clusterId), image)
    await writeSnapshotFile(this.#disk, `${this.#pathOf(id)}${unfinished}`, { records, epoch, timestamp })
    await this.#finish(id)
  }

  has({ endOffset, epoch }: SnapshotId): boolean {
    return this.#ids.some((id) => id.endOffset === endOffset && id.epoch === epoch)
  }

  /** A piece of a snapshot from `position` on, of at most so many bytes, and the size of the whole. Null: it is not here. */
  async read(
    { position, ...id }: SnapshotId & { position: Position },
    bytesMax: number,
  ): Promise<{ bytes: Uint8Array; size: number } | null> {
    if (!this.has(id)) return null
    const file = await this.#disk.open(this.#pathOf(id), 'read')
    try {
      const size = await file.size()
      const bytes = Buffer.alloc(Math.max(0, Math.min(bytesMax, size - position)))
      const read = await file.read(bytes, position)
      return { bytes: bytes.subarray(0, read), size }
    } finally {
      await file.close()
    }
  }

  /** Puts a piece of a snapshot that comes from elsewhere in its place; the first one makes the file anew. */
  async writePart(id: SnapshotId, piece: Uint8Array, position: Position): Promise<void> {
    const file = await this.#disk.open(`${this.#pathOf(id)}${unfinished}`, position === 0 ? 'truncate' : 'write')
    try {
      await file.write([piece], position)
      await file.sync()
    } finally {
      await file.close()
    }
  }

  /** All pieces are there. Whether they make a whole snapshot, which is one of this folder then. */
  async takeIn(id: SnapshotId): Promise<boolean> {
    const isWhole = await readSnapshotFile(this.#disk, `${this.#pathOf(id)}${unfinished}`, () => {})
    if (isWhole) await this.#finish(id)
    return isWhole
  }

  async removeBefore(kept: SnapshotId): Promise<void> {
    for (const id of [...this.#ids]) if (id.endOffset < kept.endOffset) await this.#remove(id)
  }

  async #finish(id: SnapshotId): Promise<void> {
    const path = this.#pathOf(id)
    await this.#disk.rename(`${path}${unfinished}`, path)
    await this.#disk.syncDirectory(this.#directory)
    this.#ids = [...this.#ids.filter(({ endOffset }) => endOffset !== id.endOffset), id]
    this.#ids.sort((one, other) => one.endOffset - other.endOffset)
  }

  async #remove(id: SnapshotId): Promise<void> {
    this.#ids = this.#ids.filter((each) => each !== id)
    await this.#disk.remove(this.#pathOf(id))
  }

  #pathOf({ endOffset, epoch }: SnapshotId): string {
    return `${this.#directory}/${`${endOffset}`.padStart(20, '0')}-${`${epoch}`.padStart(10, '0')}.checkpoint`
  }
}

/** Whether a file of that name is a snapshot: batches of records, as a segment is. */
export const isSnapshotName = (name: string): boolean => snapshotIdOf(name) !== null

function snapshotIdOf(name: string): SnapshotId | null {
  const [, endOffset, epoch] = /^(\d{20})-(\d{10})\.checkpoint$/.exec(name) ?? []
  return endOffset === undefined ? null : { endOffset: Number(endOffset), epoch: Number(epoch) }
}
