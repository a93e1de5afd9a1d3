import type { Offset } from '../record/offset.ts'
import { type Disk, DiskFault, type DiskFile } from '../runtime/disk.ts'
import { invariant } from '../runtime/invariant.ts'
import type { CompletedTransaction } from './producer-state.ts'

/** One aborted transaction: its producer's records between the offsets are not for `read_committed`. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: Offset
  /** Offset of the abort marker. */
  readonly lastOffset: Offset
  /** Last stable offset once the marker was there: no transaction of a later entry began below it. */
  readonly lastStableOffset: Offset
}

const entryBytes = 34
const entryVersion = 0

/**
 * The `.txnindex` of one segment, in Kafka's format: the transactions whose abort marker is in the segment, by the
 * marker's offset. The file is made by the first abort, and the entries are kept in memory (34 bytes each on disk):
 * most logs have none.
 */
export class TransactionIndex {
  readonly #disk: Disk
  #path: string
  readonly #entries: AbortedTransaction[]
  #file: Promise<DiskFile> | null = null

  private constructor(disk: Disk, path: string, entries: AbortedTransaction[]) {
    this.#disk = disk
    this.#path = path
    this.#entries = entries
  }

  /**
   * Reads the index of the segment that begins at `baseOffset`. `damaged` when the file is not what Kafka or Trilog
   * writes; then the index is empty and the segment must be read again to rebuild it.
   */
  static async open(
    disk: Disk,
    path: string,
    baseOffset: Offset,
  ): Promise<{ index: TransactionIndex; damaged: boolean }> {
    const bytes = await readIfThere(disk, path)
    const entries = bytes === null ? [] : decodeEntries(bytes, baseOffset)
    return { index: new TransactionIndex(disk, path, entries ?? []), damaged: entries === null }
  }

  /** Makes an empty one, in the place of what there is at `path`. */
  static async create(disk: Disk, path: string): Promise<TransactionIndex> {
    const index = new TransactionIndex(disk, path, [])
    await (await index.#open()).truncate(0)
    return index
  }

  /** Its file, which is closed, has that name from now on. */
  movedTo(path: string): void {
    this.#path = path
  }

  get entries(): readonly AbortedTransaction[] {
    return this.#entries
  }

  /** Adds an aborted transaction; its marker must be above those before it. Not durable before `flush`. */
  async append(transaction: CompletedTransaction): Promise<void> {
    const { producerId, firstOffset, lastOffset, lastStableOffset } = transaction
    const last = this.#entries.at(-1)?.lastOffset ?? -1
    invariant(transaction.aborted && lastOffset > last, 'a transaction index goes back', { transaction, last })
    const position = this.#entries.length * entryBytes
    this.#entries.push({ producerId, firstOffset, lastOffset, lastStableOffset })
    const file = await this.#open()
    await file.write([encodeEntry(transaction)], position)
  }

  /**
   * Adds to `into` what overlaps [from, upTo). True when no later segment can hold more for that range.
   */
  collect(from: Offset, upTo: Offset, into: AbortedTransaction[]): boolean {
    for (const entry of this.#entries) {
      if (entry.lastOffset >= from && entry.firstOffset < upTo) into.push(entry)
      if (entry.lastStableOffset >= upTo) return true
    }
    return false
  }

  /** Forgets the transactions whose marker is at or above `offset`. */
  async truncateTo(offset: Offset): Promise<void> {
    const kept = this.#entries.findIndex((entry) => entry.lastOffset >= offset)
    if (kept < 0) return
    this.#entries.length = kept
    const file = await this.#open()
    await file.truncate(kept * entryBytes)
  }

  /** Empties the index, for a rebuild. */
  async clear(): Promise<void> {
    this.#entries.length = 0
    if (!(await this.#disk.exists(this.#path))) return
    const file = await this.#open()
    await file.truncate(0)
  }

  async flush(): Promise<void> {
    if (this.#file !== null) await (await this.#file).sync()
  }

  /** Closes the file, not durably. The entries stay readable. */
  async close(): Promise<void> {
    const file = this.#file
    this.#file = null
    if (file !== null) await (await file).close()
  }

  #open(): Promise<DiskFile> {
    this.#file ??= this.#disk.open(this.#path, 'create')
    return this.#file
  }
}

function encodeEntry(entry: AbortedTransaction): Buffer {
  const bytes = Buffer.alloc(entryBytes)
  bytes.writeInt16BE(entryVersion, 0)
  bytes.writeBigInt64BE(BigInt(entry.producerId), 2)
  bytes.writeBigInt64BE(BigInt(entry.firstOffset), 10)
  bytes.writeBigInt64BE(BigInt(entry.lastOffset), 18)
  bytes.writeBigInt64BE(BigInt(entry.lastStableOffset), 26)
  return bytes
}

/** The entries; null when they cannot be true. A last entry that was cut short is as if it had not been written. */
function decodeEntries(file: Uint8Array, baseOffset: Offset): AbortedTransaction[] | null {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  const entries: AbortedTransaction[] = []
  let last: Offset = baseOffset - 1
  for (let at = 0; at + entryBytes <= bytes.length; at += entryBytes) {
    const entry = decodeEntry(bytes, at)
    if (entry === null || entry.lastOffset <= last) return null
    last = entry.lastOffset
    entries.push(entry)
  }
  return entries
}

function decodeEntry(bytes: Buffer, at: number): AbortedTransaction | null {
  const field = (offset: number) => Number(bytes.readBigInt64BE(at + offset))
  const entry = { producerId: field(2), firstOffset: field(10), lastOffset: field(18), lastStableOffset: field(26) }
  const plausible =
    bytes.readInt16BE(at) === entryVersion &&
    Object.values(entry).every((value) => Number.isSafeInteger(value) && value >= 0) &&
    entry.firstOffset <= entry.lastOffset
  return plausible ? entry : null
}

async function readIfThere(disk: Disk, path: string): Promise<Uint8Array | null> {
  try {
    return await disk.readFile(path)
  } catch (error) {
    if (error instanceof DiskFault && error.code === 'ENOENT') return null
    throw error
  }
}
