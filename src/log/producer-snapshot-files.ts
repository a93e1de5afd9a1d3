import type { Offset, Timestamp } from '../record/offset.ts'
import { type Disk, DiskFault } from '../runtime/disk.ts'
import type { Logger } from '../runtime/logger.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot.ts'
import { isExpired, type ProducerState } from './producer-state.ts'

const suffix = '.snapshot'
const snapshotName = /^(\d{20})\.snapshot$/

/**
 * The `.snapshot` files of one log: one at each segment's base offset and one at the log end of a clean close, named by
 * the offset up to which they hold the producer state.
 */
export class ProducerSnapshots {
  readonly #disk: Disk
  readonly #directory: string
  readonly #logger: Logger
  /** Ascending. */
  #offsets: Offset[]

  private constructor(options: { disk: Disk; directory: string; logger: Logger }, offsets: Offset[]) {
    this.#disk = options.disk
    this.#directory = options.directory
    this.#logger = options.logger
    this.#offsets = offsets
  }

  /** Finds the snapshots among the files of `directory`. What a crash left half-written or half-deleted is removed. */
  static async open(options: {
    disk: Disk
    directory: string
    logger: Logger
    /** The files of the directory. */
    names: readonly string[]
  }): Promise<ProducerSnapshots> {
    const offsets: Offset[] = []
    for (const name of options.names) {
      if (!name.includes(suffix)) continue
      const offset = Number(snapshotName.exec(name)?.[1] ?? Number.NaN)
      if (Number.isSafeInteger(offset)) offsets.push(offset)
      else await removeIfThere(options.disk, `${options.directory}/${name}`)
    }
    offsets.sort((a, b) => a - b)
    return new ProducerSnapshots(options, [...offsets])
  }

  /** Ascending. */
  get offsets(): readonly Offset[] {
    return this.#offsets
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
    for (const offset of this.#offsets) {
      if (offset > logEndOffset || offset < logStartOffset) await this.remove(offset)
    }
    for (let newest = this.#offsets.at(-1); newest !== undefined; newest = this.#offsets.at(-1)) {
      const entries = await this.#read(newest)
      if (entries !== null) {
        state.reset(
          newest,
          entries.filter((entry) => !isExpired(entry, nowMs, expirationMs)),
        )
        return
      }
      this.#logger.warn({ path: this.#path(newest) }, 'a producer snapshot is damaged and is not used')
      await this.remove(newest)
    }
    state.reset(logStartOffset)
  }

  /** Writes the state at its end offset, unless that is 0 or has one. Durable when resolved. The bytes are taken at once. */
  async take(state: ProducerState): Promise<void> {
    const offset = state.endOffset
    if (offset === 0 || this.#offsets.includes(offset)) return
    await this.#disk.writeFileAtomic(this.#path(offset), encodeProducerSnapshot(state.entries()))
    if (!this.#offsets.includes(offset)) this.#offsets = [...this.#offsets, offset].sort((a, b) => a - b)
  }

  /** Removes the one at `offset`, if there is one: with the segment of that base offset. */
  async remove(offset: Offset): Promise<void> {
    this.#offsets = this.#offsets.filter((kept) => kept !== offset)
    await removeIfThere(this.#disk, this.#path(offset))
  }

  /** Removes all but those of a segment's base offset and the newest, which a clean close has left. */
  async removeStrays(segmentBaseOffsets: Iterable<Offset>): Promise<void> {
    const bases = new Set(segmentBaseOffsets)
    const newest = this.#offsets.at(-1)
    for (const offset of this.#offsets) {
      if (offset !== newest && !bases.has(offset)) await this.remove(offset)
    }
  }

  async #read(offset: Offset): Promise<ReturnType<typeof decodeProducerSnapshot>> {
    try {
      return decodeProducerSnapshot(await this.#disk.readFile(this.#path(offset)))
    } catch (error) {
      if (error instanceof DiskFault && error.code === 'ENOENT') return null
      throw error
    }
  }

  #path(offset: Offset): string {
    return `${this.#directory}/${String(offset).padStart(20, '0')}${suffix}`
  }
}

async function removeIfThere(disk: Disk, path: string): Promise<void> {
  try {
    await disk.remove(path)
  } catch (error) {
    if (!(error instanceof DiskFault && error.code === 'ENOENT')) throw error
  }
}
