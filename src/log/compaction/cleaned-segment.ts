import { BatchHeader } from '../../record/batch-header.ts'
import type { Offset } from '../../record/offset.ts'
import { DiskFault } from '../../runtime/disk.ts'
import { batchFormat, entryFacts } from '../entry-format.ts'
import type { LogParts } from '../log-parts.ts'
import { Segment } from '../segment.ts'
import { type SegmentFileKind, segmentFileName } from '../segment-files.ts'
import { useSegment } from '../segment-use.ts'
import { type AbortedTransaction, TransactionIndex } from '../transaction-index.ts'

/** While it is written its files have this ending, as Kafka's have. */
export const cleanedSuffix = '.cleaned'
/** Index entries that wait in memory at most. */
const indexEntriesWaiting = 512

/** The segment that takes the place of some: written beside them, whole and durable before it is swapped in. */
export class CleanedSegment {
  readonly segment: Segment
  readonly #parts: LogParts
  readonly #buffer: Buffer
  readonly #header = new BatchHeader(Buffer.alloc(0))
  readonly #aborted: AbortedTransaction[] = []
  readonly #hasTransactions: boolean
  #used = 0

  private constructor(parts: LogParts, segment: Segment, options: { bufferBytes: number; hasTransactions: boolean }) {
    this.#parts = parts
    this.segment = segment
    this.#buffer = parts.files.buffers.take(options.bufferBytes)
    this.#hasTransactions = options.hasTransactions
  }

  /** `hasTransactions`: one of the segments that it replaces has a transaction index, so it gets one, if an empty one. */
  static async create(
    parts: LogParts,
    options: { baseOffset: Offset; bufferBytes: number; hasTransactions: boolean },
  ): Promise<CleanedSegment> {
    const { directory, clock, files } = parts
    const { baseOffset } = options
    const segment = new Segment({ directory, baseOffset, createdMs: clock.nowMs(), jitterMs: 0, suffix: cleanedSuffix })
    // An earlier try may have left something there.
    for (const path of [segment.path, segment.offsetIndex.path, segment.timeIndex.path]) {
      await files.use(path, (file) => file.truncate(0), 'create')
    }
    segment.isCreated = true
    return new CleanedSegment(parts, segment, options)
  }

  /** Appends a batch, whose bytes are free when it resolves. */
  async add(batch: Buffer): Promise<void> {
    if (batch.length > this.#buffer.length - this.#used) await this.#flush()
    const { segment } = this
    segment.note(entryFacts(batchFormat, this.#header.moveTo(batch, 0)), this.#parts.settings.indexIntervalBytes)
    if (batch.length > this.#buffer.length) return await this.#write(batch)
    batch.copy(this.#buffer, this.#used)
    this.#used += batch.length
  }

  /** The marker of an aborted transaction stays, and readers have to know of it. In the order of the markers. */
  addAborted(transaction: AbortedTransaction): void {
    this.#aborted.push(transaction)
  }

  /** Writes what is left and makes all of it durable; the names are not yet. */
  async finish(): Promise<void> {
    await this.#flush()
    const { segment } = this
    const { files } = this.#parts
    segment.addTimeEntry()
    await segment.offsetIndex.finish(files)
    await segment.timeIndex.finish(files)
    await this.#writeTransactions()
    await useSegment(files, segment, (file) => file.sync())
    segment.syncedBytes = segment.writtenBytes
    segment.isSealed = true
    segment.isFinished = true
    segment.isLoaded = true
    segment.isNameDurable = true
    await this.#letGo()
  }

  /** Removes what there is of it, unless it has been swapped in. */
  async discard(): Promise<void> {
    await this.#letGo()
    for (const kind of ['.log', '.index', '.timeindex', '.txnindex'] as const) {
      const path = this.#pathOf(kind)
      await this.#parts.disk.remove(path).catch((fault: unknown) => {
        if (!(fault instanceof DiskFault)) throw fault
        // It is found again by the next start, or overwritten by the next compaction.
        if (fault.code !== 'ENOENT') this.#parts.logger.warn({ path, error: fault.message }, 'a file was not removed')
      })
    }
  }

  /** The buffer is free for others. */
  release(): void {
    this.#parts.files.buffers.give(this.#buffer)
  }

  async #flush(): Promise<void> {
    const used = this.#used
    this.#used = 0
    if (used > 0) await this.#write(this.#buffer.subarray(0, used))
  }

  async #write(bytes: Buffer): Promise<void> {
    const { segment } = this
    const { files } = this.#parts
    await useSegment(files, segment, (file) => file.write([bytes], segment.writtenBytes))
    segment.writtenBytes += bytes.length
    if (segment.offsetIndex.pendingEntries < indexEntriesWaiting) return
    await segment.offsetIndex.write(files)
    await segment.timeIndex.write(files)
  }

  async #writeTransactions(): Promise<void> {
    if (!this.#hasTransactions) return
    const index = await TransactionIndex.create(this.#parts.disk, this.#pathOf('.txnindex'))
    for (const transaction of this.#aborted) await index.append({ ...transaction, aborted: true })
    await index.flush()
    await index.close()
    this.segment.transactions = index
  }

  #pathOf(kind: SegmentFileKind): string {
    return `${this.#parts.directory}/${segmentFileName(this.segment.baseOffset, kind)}${cleanedSuffix}`
  }

  async #letGo(): Promise<void> {
    for (const kind of ['.log', '.index', '.timeindex'] as const) await this.#parts.files.drop(this.#pathOf(kind))
  }
}
