import type { Offset } from '../record/offset.ts'
import { type Disk, DiskFault } from '../runtime/disk.ts'

/**
 * Files of one kind in the folder of a log, each with what is known from the log up to the offset that it is named by: one at
 * each segment's base offset and one at the log end of a clean close.
 */
export class SnapshotFiles {
  readonly #disk: Disk
  readonly #directory: string
  readonly #ending: string
  /** Ascending. */
  #offsets: Offset[]

  private constructor(place: { disk: Disk; directory: string; ending: string }, offsets: Offset[]) {
    this.#disk = place.disk
    this.#directory = place.directory
    this.#ending = place.ending
    this.#offsets = offsets
  }

  /** Finds them among the files of `directory`. What a crash left half-written or half-deleted is removed. */
  static async open(place: {
    disk: Disk
    directory: string
    /** `.snapshot`, for example. */
    ending: string
    /** The files of the directory. */
    names: readonly string[]
  }): Promise<SnapshotFiles> {
    const { disk, directory, ending } = place
    const offsets: Offset[] = []
    for (const name of place.names) {
      if (!name.includes(ending)) continue
      const isWhole = name.length === 20 + ending.length && name.endsWith(ending) && /^\d{20}/.test(name)
      const offset = isWhole ? Number(name.slice(0, 20)) : Number.NaN
      if (Number.isSafeInteger(offset)) offsets.push(offset)
      else await removeIfThere(disk, `${directory}/${name}`)
    }
    offsets.sort((a, b) => a - b)
    return new SnapshotFiles(place, [...offsets])
  }

  /** Ascending. */
  get offsets(): readonly Offset[] {
    return this.#offsets
  }

  path(offset: Offset): string {
    return `${this.#directory}/${String(offset).padStart(20, '0')}${this.#ending}`
  }

  /** Null: it is not there. */
  async read(offset: Offset): Promise<Uint8Array | null> {
    try {
      return await this.#disk.readFile(this.path(offset))
    } catch (error) {
      if (error instanceof DiskFault && error.code === 'ENOENT') return null
      throw error
    }
  }

  /** Durable when resolved. */
  async write(offset: Offset, bytes: Uint8Array): Promise<void> {
    await this.#disk.writeFileAtomic(this.path(offset), bytes)
    if (!this.#offsets.includes(offset)) this.#offsets = [...this.#offsets, offset].sort((a, b) => a - b)
  }

  /** Removes the one at `offset`, if there is one: with the segment of that base offset. */
  async remove(offset: Offset): Promise<void> {
    this.#offsets = this.#offsets.filter((kept) => kept !== offset)
    await removeIfThere(this.#disk, this.path(offset))
  }

  /** Removes all but those of a segment's base offset and the newest, which a clean close has left. */
  async removeStrays(segmentBaseOffsets: Iterable<Offset>): Promise<void> {
    const bases = new Set(segmentBaseOffsets)
    const newest = this.#offsets.at(-1)
    for (const offset of this.#offsets) {
      if (offset !== newest && !bases.has(offset)) await this.remove(offset)
    }
  }
}

async function removeIfThere(disk: Disk, path: string): Promise<void> {
  try {
    await disk.remove(path)
  } catch (error) {
    if (!(error instanceof DiskFault && error.code === 'ENOENT')) throw error
  }
}
