import type { Offset } from '../record/offset.ts'
import type { DiskFile } from '../runtime/disk.ts'
import { invariant } from '../runtime/invariant.ts'
import type { FileHandles } from './file-handles.ts'
import { useSegment } from './segment-use.ts'

/** One entry: what is searched by, and what it leads to. Offsets are absolute here, relative in the file. */
export interface IndexEntry {
  readonly key: number
  readonly value: number
}

/** What an index knows of its file. */
export interface IndexMemory {
  readonly entries: number
  readonly last: IndexEntry | null
}

/** How entries stand in an index file, and how its name ends. */
export interface IndexFormat {
  readonly kind: '.index' | '.timeindex'
  readonly entryBytes: number
  write(into: Buffer, at: number, entry: IndexEntry, baseOffset: number): void
  read(from: Buffer, at: number, baseOffset: number): IndexEntry
}

/** `.index`: the last offset of a batch, relative to the segment's, and the batch's position. Kafka's layout. */
export const offsetIndexFormat: IndexFormat = {
  kind: '.index',
  entryBytes: 8,
  write(into, at, { key, value }, baseOffset) {
    into.writeInt32BE(key - baseOffset, at)
    into.writeInt32BE(value, at + 4)
  },
  read: (from, at, baseOffset) => ({ key: from.readInt32BE(at) + baseOffset, value: from.readInt32BE(at + 4) }),
}

/** `.timeindex`: the largest timestamp so far, and the (relative) last offset of the batch that has it. Kafka's layout. */
export const timeIndexFormat: IndexFormat = {
  kind: '.timeindex',
  entryBytes: 12,
  write(into, at, { key, value }, baseOffset) {
    into.writeBigInt64BE(BigInt(key), at)
    into.writeInt32BE(value - baseOffset, at + 8)
  },
  read: (from, at, baseOffset) => ({
    key: Number(from.readBigInt64BE(at)),
    value: from.readInt32BE(at + 8) + baseOffset,
  }),
}

/** The segment that an index belongs to. */
export interface IndexedFiles {
  readonly baseOffset: Offset
  pathOf(kind: IndexFormat['kind']): string
}

/** What waits where nothing does: an array each would be felt by thousands of indexes. */
const none: readonly IndexEntry[] = []
/** Below this many entries a search reads them all at once. */
const entriesPerRead = 512

/**
 * A sparse index of one segment: entries with rising keys in a file. New entries wait in memory until `write`, which
 * need not keep up with the log: after a crash recovery makes the index anew from the segment.
 */
export class SparseIndex {
  /** Its segment is not the log's any more. */
  isDeleted = false
  readonly #format: IndexFormat
  readonly #files: IndexedFiles
  #written = 0
  #pending: readonly IndexEntry[] = none
  #last: IndexEntry | null = null
  /** The file holds exactly the entries, and they are durable. */
  #isFinished = false

  constructor(options: { files: IndexedFiles; format: IndexFormat }) {
    this.#files = options.files
    this.#format = options.format
  }

  get path(): string {
    return this.#files.pathOf(this.#format.kind)
  }

  get #baseOffset(): Offset {
    return this.#files.baseOffset
  }

  get entries(): number {
    return this.#written + this.#pending.length
  }

  get pendingEntries(): number {
    return this.#pending.length
  }

  get last(): IndexEntry | null {
    return this.#last
  }

  get sizeBytes(): number {
    return this.entries * this.#format.entryBytes
  }

  /** Adds an entry; the key must be larger than every earlier one. */
  add(key: number, value: number): void {
    invariant(this.#last === null || key > this.#last.key, 'index keys must rise', { path: this.path, key })
    this.#last = { key, value }
    if (this.#pending === none) this.#pending = [this.#last]
    else (this.#pending as IndexEntry[]).push(this.#last)
  }

  /** Of a finished index: its file holds exactly the entries. */
  memory(): IndexMemory {
    invariant(this.#isFinished, 'an index that is not finished is noted', { path: this.path })
    return { entries: this.#written, last: this.#last }
  }

  remember({ entries, last }: IndexMemory): void {
    this.#written = entries
    this.#last = last
    this.#isFinished = true
  }

  /**
   * Takes up an index file as it stands. False when it cannot be one (cut short, or its last entry makes no sense) and
   * has to be made anew. Room that was reserved behind the entries (zeros, as Kafka leaves it after a crash) is passed over.
   */
  async load(files: FileHandles): Promise<boolean> {
    return await useSegment(files, this, async (file) => {
      const size = await file.size()
      this.#isFinished = false
      const slots = Math.floor(size / this.#format.entryBytes)
      this.#written = await this.#usedSlots(file, slots)
      this.#pending = none
      this.#last = this.#written === 0 ? null : await this.#entryAt(file, this.#written - 1)
      if (size % this.#format.entryBytes !== 0) return false
      const before = this.#written < 2 ? null : await this.#entryAt(file, this.#written - 2)
      // Only a clean shutdown lets an index be taken up, and that has made it durable.
      this.#isFinished = size === this.#written * this.#format.entryBytes
      if (this.#last === null) return true
      const isOffset = this.#format === offsetIndexFormat
      const offset = isOffset ? this.#last.key : this.#last.value
      const rises = before === null || (before.key < this.#last.key && before.value <= this.#last.value)
      return rises && offset >= this.#baseOffset && (!isOffset || this.#last.value > 0)
    })
  }

  /** The entry with the largest key not above `key`, or null. */
  async floor(files: FileHandles, key: number): Promise<IndexEntry | null> {
    const firstPending = this.#pending[0]
    if (firstPending !== undefined && firstPending.key <= key) return floorOf(this.#pending, key)
    if (this.#written === 0) return null
    return await useSegment(files, this, async (file) => {
      let low = 0
      let high = this.#written
      while (high - low > entriesPerRead) {
        const middle = (low + high) >>> 1
        if ((await this.#entryAt(file, middle)).key <= key) low = middle
        else high = middle
      }
      return floorOf(await this.#entriesAt(file, low, high - low), key)
    })
  }

  /** Writes what waits in memory. */
  async write(files: FileHandles): Promise<void> {
    const count = this.#pending.length
    if (count === 0) return
    this.#isFinished = false
    const { entryBytes } = this.#format
    const bytes = Buffer.alloc(count * entryBytes)
    for (let i = 0; i < count; i++) {
      this.#format.write(bytes, i * entryBytes, this.#pending[i] as IndexEntry, this.#baseOffset)
    }
    await useSegment(files, this, (file) => file.write([bytes], this.#written * entryBytes), 'create')
    this.#written += count
    this.#pending = this.#pending.length === count ? none : this.#pending.slice(count)
  }

  /** Writes what waits, cuts what lies behind the entries, and makes the file durable. */
  async finish(files: FileHandles): Promise<void> {
    await this.write(files)
    if (this.#isFinished) return
    await useSegment(
      files,
      this,
      async (file) => {
        await file.truncate(this.#written * this.#format.entryBytes)
        await file.sync()
      },
      'create',
    )
    this.#isFinished = true
  }

  /** Drops every entry, for making the index anew. The file is cut when it is next written or finished. */
  clear(): void {
    this.#isFinished = false
    this.#written = 0
    this.#pending = none
    this.#last = null
  }

  /** Keeps the entries for which `keeps` holds: it must hold for the first ones and for none behind them. */
  async truncate(files: FileHandles, keeps: (entry: IndexEntry) => boolean): Promise<void> {
    this.#isFinished = false
    this.#pending = this.#pending.filter(keeps)
    await useSegment(
      files,
      this,
      async (file) => {
        let low = 0
        let high = this.#written
        while (low < high) {
          const middle = (low + high) >>> 1
          if (keeps(await this.#entryAt(file, middle))) low = middle + 1
          else high = middle
        }
        this.#written = low
        await file.truncate(low * this.#format.entryBytes)
        const lastPending = this.#pending[this.#pending.length - 1]
        this.#last = lastPending ?? (low === 0 ? null : await this.#entryAt(file, low - 1))
      },
      'create',
    )
  }

  async #usedSlots(file: DiskFile, slots: number): Promise<number> {
    if (slots === 0 || !(await this.#isEmptySlot(file, slots - 1))) return slots
    let low = 0
    let high = slots - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (await this.#isEmptySlot(file, middle)) high = middle
      else low = middle + 1
    }
    return low
  }

  async #isEmptySlot(file: DiskFile, slot: number): Promise<boolean> {
    const bytes = await this.#bytesAt(file, slot, 1)
    return bytes.every((byte) => byte === 0)
  }

  async #entryAt(file: DiskFile, slot: number): Promise<IndexEntry> {
    return this.#format.read(await this.#bytesAt(file, slot, 1), 0, this.#baseOffset)
  }

  async #entriesAt(file: DiskFile, slot: number, count: number): Promise<IndexEntry[]> {
    const bytes = await this.#bytesAt(file, slot, count)
    const { entryBytes } = this.#format
    return Array.from({ length: count }, (_, i) => this.#format.read(bytes, i * entryBytes, this.#baseOffset))
  }

  async #bytesAt(file: DiskFile, slot: number, count: number): Promise<Buffer> {
    const bytes = Buffer.alloc(count * this.#format.entryBytes)
    await file.read(bytes, slot * this.#format.entryBytes)
    return bytes
  }
}

function floorOf(entries: readonly IndexEntry[], key: number): IndexEntry | null {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((entries[middle] as IndexEntry).key <= key) low = middle + 1
    else high = middle
  }
  return low === 0 ? null : (entries[low - 1] as IndexEntry)
}
