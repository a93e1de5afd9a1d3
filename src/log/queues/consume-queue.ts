import type { Offset, Timestamp } from '../../record/offset.ts'
import type { Disk } from '../../runtime/disk.ts'
import { invariant } from '../../runtime/invariant.ts'
import type { FileHandles } from '../file-handles.ts'
import { SegmentGone } from '../segment-use.ts'
import { type ConsumeQueueEntry, nextOffsetOfEntry } from './consume-queue-entry.ts'
import { ConsumeQueueFile } from './consume-queue-file.ts'

/** How far the files of a consume queue reach: the newest one, by the queue offset that it begins at, and its entries. */
export interface ConsumeQueueReach {
  readonly firstOffset: Offset
  readonly entries: number
}

/** Entries read at once where a search has come near, or a reader goes on. */
const entriesPerRead = 128

/**
 * The entries of one queue, one a batch, in files of a fixed number of entries. The newest are in memory as well: those
 * that are in no file yet, and those that nobody has evicted. `write` need not keep up with the log: after a crash the
 * entries are made anew from it.
 *
 * Only one of `write`, `sync`, `cutTo` and `removeBelow` at a time; `take` and searches at any.
 */
export class ConsumeQueue {
  readonly #disk: Disk
  readonly #handles: FileHandles
  readonly #stem: string
  readonly #entriesPerFile: number
  #files: ConsumeQueueFile[]
  #recent: ConsumeQueueEntry[] = []
  /** Those before it are evicted; the array is cut only now and then. */
  #first = 0
  #unwritten = 0
  #version = 0

  /** `firstOffsets`: of the files that there are. `cutTo` tells how much of them is good. */
  constructor(place: {
    disk: Disk
    files: FileHandles
    /** Path of its files up to their offsets. */
    stem: string
    entriesPerFile: number
    firstOffsets: readonly Offset[]
  }) {
    this.#disk = place.disk
    this.#handles = place.files
    this.#stem = place.stem
    this.#entriesPerFile = place.entriesPerFile
    this.#files = [...place.firstOffsets].sort((a, b) => a - b).map((offset) => this.#fileAt(offset))
  }

  /** Counts what has taken entries away, or put others in their places. */
  get version(): number {
    return this.#version
  }

  /** Null: it has no entries. */
  get reach(): ConsumeQueueReach | null {
    const last = this.#files.at(-1)
    return last === undefined ? null : { firstOffset: last.firstOffset, entries: last.entries }
  }

  /** Entries that are in no file yet. */
  get unwritten(): number {
    return this.#unwritten
  }

  /** Files that hold more than is durable. */
  get isUnsynced(): boolean {
    return this.#unwritten > 0 || this.#files.some((file) => file.isUnsynced)
  }

  take(entry: ConsumeQueueEntry): void {
    let file = this.#files.at(-1)
    if (file === undefined || file.entries === this.#entriesPerFile) {
      file = this.#fileAt(entry.offset)
      this.#files = [...this.#files, file]
    }
    file.entries++
    this.#unwritten++
    this.#recent.push(entry)
  }

  /** Forgets the oldest entry that is in memory, if a file has it. */
  evictOne(): boolean {
    if (this.#recent.length - this.#first <= this.#unwritten) return false
    this.#first++
    if (this.#first >= 64 && this.#first * 2 >= this.#recent.length) {
      this.#recent = this.#recent.slice(this.#first)
      this.#first = 0
    }
    return true
  }

  /** Writes what is in no file yet. Resolves with whether a file was made, whose name is not durable then. */
  async write(): Promise<boolean> {
    let isNew = false
    for (const file of this.#files) {
      const count = file.entries - file.written
      if (count === 0) continue
      const from = this.#recent.length - this.#unwritten
      isNew ||= file.written === 0
      await file.append(this.#handles, this.#recent.slice(from, from + count))
      this.#unwritten -= count
    }
    return isNew
  }

  async sync(): Promise<void> {
    for (const file of this.#files) await file.sync(this.#handles)
  }

  /**
   * Cuts it so that it reaches as far as when `reach` was taken, with all in files by then; null: it is empty. What memory
   * holds is forgotten. False: the files do not reach that far, and are gone.
   */
  async cutTo(reach: ConsumeQueueReach | null): Promise<boolean> {
    this.#version++
    this.#recent = []
    this.#first = 0
    this.#unwritten = 0
    for (const file of [...this.#files].reverse()) {
      if (reach !== null && file.firstOffset <= reach.firstOffset) break
      await this.#remove(file)
    }
    if (reach === null) return true
    let isWhole = this.#files.at(-1)?.firstOffset === reach.firstOffset
    for (const file of this.#files) {
      const entries = file.firstOffset === reach.firstOffset ? reach.entries : this.#entriesPerFile
      isWhole = isWhole && (await file.cutTo(this.#handles, entries))
    }
    if (!isWhole) await this.cutTo(null)
    return isWhole
  }

  /** Removes the files all of whose entries are of batches below `offset`, but for the newest. */
  async removeBelow(offset: Offset): Promise<void> {
    for (const file of [...this.#files]) {
      const next = this.#files[1]
      if (next === undefined || next.firstOffset > offset) return
      this.#version++
      await this.#remove(file)
    }
  }

  /** Lets go of its files. */
  async close(): Promise<void> {
    for (const { path } of this.#files) await this.#handles.drop(path)
  }

  /** Entries from the one that holds `offset` on, as far as memory has them; null: it does not reach back to it. */
  recentFrom(offset: Offset): ConsumeQueueEntry[] | null {
    const oldest = this.#recent[this.#first]
    if (oldest === undefined || oldest.offset > offset) return null
    const at = pointIn(this.#recent, this.#first, (entry) => nextOffsetOfEntry(entry) <= offset)
    return this.#recent.slice(at, at + entriesPerRead)
  }

  /** Some entries from the first one on that ends above `offset`; none: there is none. */
  async from(offset: Offset): Promise<ConsumeQueueEntry[]> {
    return this.recentFrom(offset) ?? (await this.#firstWithout((entry) => nextOffsetOfEntry(entry) <= offset))
  }

  /** The same from the first one on that ends above a group offset. */
  async fromGroupOffset(offset: Offset): Promise<ConsumeQueueEntry[]> {
    return await this.#firstWithout((entry) => entry.groupOffset + entry.offsets <= offset)
  }

  /** The same from the first one on by which the queue has had a timestamp of at least `at`. */
  async fromTimestamp(at: Timestamp): Promise<ConsumeQueueEntry[]> {
    return await this.#firstWithout((entry) => entry.maxTimestampSoFar < at)
  }

  /** Some entries from the first one on for which `isBefore` does not hold: it holds for those before, and no others. */
  async #firstWithout(isBefore: (entry: ConsumeQueueEntry) => boolean): Promise<ConsumeQueueEntry[]> {
    const version = this.#version
    const oldest = this.#recent[this.#first]
    if (oldest !== undefined && isBefore(oldest)) {
      const at = pointIn(this.#recent, this.#first, isBefore)
      return this.#recent.slice(at, at + entriesPerRead)
    }
    const files = this.#files.filter((file) => file.written > 0)
    let low = 0
    let high = files.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const [first] = await this.#read(files[middle] as ConsumeQueueFile, 0, 1, version)
      if (isBefore(first as ConsumeQueueEntry)) low = middle + 1
      else high = middle
    }
    // Within the file before, or at the beginning of that one.
    const within = files[Math.max(0, low - 1)]
    const found = within === undefined ? [] : await this.#firstIn(within, isBefore, version)
    if (found.length > 0) return found
    const next = files[low]
    if (next !== undefined) return await this.#read(next, 0, entriesPerRead, version)
    // Memory holds those behind the files, and is asked last: what it held may have been written meanwhile.
    const at = pointIn(this.#recent, this.#first, isBefore)
    return this.#recent.slice(at, at + entriesPerRead)
  }

  async #firstIn(
    file: ConsumeQueueFile,
    isBefore: (entry: ConsumeQueueEntry) => boolean,
    version: number,
  ): Promise<ConsumeQueueEntry[]> {
    let low = 0
    let high = file.written
    while (high - low > entriesPerRead) {
      const middle = (low + high) >>> 1
      const [entry] = await this.#read(file, middle, 1, version)
      if (isBefore(entry as ConsumeQueueEntry)) low = middle + 1
      else high = middle
    }
    const entries = await this.#read(file, low, entriesPerRead + 1, version)
    return entries.slice(pointIn(entries, 0, isBefore))
  }

  async #read(file: ConsumeQueueFile, from: number, count: number, version: number): Promise<ConsumeQueueEntry[]> {
    let entries: ConsumeQueueEntry[] = []
    try {
      if (version === this.#version) entries = await file.read(this.#handles, from, count)
    } catch (error) {
      // Of a file that was cut or removed meanwhile whatever was read means nothing.
      if (version === this.#version) throw error
    }
    if (version !== this.#version) throw new SegmentGone(file.path)
    return entries
  }

  async #remove(file: ConsumeQueueFile): Promise<void> {
    invariant(this.#files.includes(file), 'a file of a consume queue is removed twice', { path: file.path })
    this.#files = this.#files.filter((kept) => kept !== file)
    await file.remove(this.#handles, this.#disk)
  }

  #fileAt(firstOffset: Offset): ConsumeQueueFile {
    return new ConsumeQueueFile(this.#stem, firstOffset)
  }
}

/** Place of the first entry, at or behind `from`, for which `isBefore` does not hold; the length: there is none. */
function pointIn(
  entries: readonly ConsumeQueueEntry[],
  from: number,
  isBefore: (entry: ConsumeQueueEntry) => boolean,
): number {
  let low = from
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBefore(entries[middle] as ConsumeQueueEntry)) low = middle + 1
    else high = middle
  }
  return low
}
