import type { Offset, Position, Timestamp } from '../record/offset.ts'
import type { LogSettings } from './log-settings.ts'
import type { CompletedTransaction } from './producer-state.ts'
import { type SegmentFileKind, segmentFileName } from './segment-files.ts'
import { type IndexMemory, offsetIndexFormat, SparseIndex, timeIndexFormat } from './sparse-index.ts'
import type { TransactionIndex } from './transaction-index.ts'

const int32Max = 0x7fffffff
/** Of the many that have none: stays empty. */
const none: CompletedTransaction[] = []

/** One batch, as far as a segment's own bookkeeping goes. */
export interface SegmentBatch {
  readonly lastOffset: Offset
  readonly maxTimestamp: Timestamp
  readonly sizeBytes: number
}

/** What a segment knows of its batches and indexes without looking at its files. */
export interface SegmentMemory {
  readonly maxTimestamp: Timestamp
  readonly offsetOfMaxTimestamp: Offset
  readonly firstTimestamp: Timestamp | null
  readonly bytesSinceIndexEntry: number
  readonly offsetIndex: IndexMemory
  readonly timeIndex: IndexMemory
}

/**
 * One segment of a log: its file, its indexes, and when it is full. `sizeBytes` counts what is appended, `writtenBytes`
 * what is in the file; writtenBytes <= sizeBytes.
 */
export class Segment {
  readonly baseOffset: Offset
  readonly offsetIndex: SparseIndex
  readonly timeIndex: SparseIndex
  sizeBytes = 0
  writtenBytes = 0
  /** What the last fsync covered. */
  syncedBytes = 0
  /** The file exists. Its name is durable once the folder was synced. */
  isCreated = false
  isNameDurable = false
  /** Nothing is appended any more; `isFinished` once indexes are complete and all is fsynced. */
  isSealed = false
  isFinished = false
  isDeleted = false
  maxTimestamp: Timestamp = -1
  /** Last offset of the batch with `maxTimestamp`; -1: none. */
  offsetOfMaxTimestamp: Offset = -1
  /** Max timestamp of the first batch; null: unknown, or no batch. */
  firstTimestamp: Timestamp | null = null
  /** Sizes and timestamps are known, indexes taken up. Segments that are not read stay unloaded after a start. */
  isLoaded = false
  /** Aborted transactions whose marker is here; null: the segment has no `.txnindex`. */
  transactions: TransactionIndex | null = null
  /** Of these, the ones not yet in the index. */
  pendingAborts: CompletedTransaction[] = none
  /** The producer state at the segment's end is being written. */
  snapshot: Promise<void> | null = null
  readonly createdMs: Timestamp
  /** Last change of the file, as the system or the clock told: what retention goes by where no record has a timestamp. */
  modifiedMs: Timestamp
  /** Taken off `segmentMs`. */
  readonly jitterMs: number
  readonly #directory: string
  /** While it is written to take the place of others, the names of its files end in this. */
  #suffix: string
  #bytesSinceIndexEntry = 0

  constructor(options: {
    directory: string
    baseOffset: Offset
    createdMs: Timestamp
    jitterMs: number
    suffix?: string
  }) {
    const { directory, baseOffset, suffix = '' } = options
    this.#directory = directory
    this.#suffix = suffix
    this.baseOffset = baseOffset
    this.createdMs = options.createdMs
    this.modifiedMs = options.createdMs
    this.jitterMs = options.jitterMs
    this.offsetIndex = new SparseIndex({ files: this, format: offsetIndexFormat })
    this.timeIndex = new SparseIndex({ files: this, format: timeIndexFormat })
  }

  /** Its own file. */
  get path(): string {
    return this.pathOf('.log')
  }

  /** One of its files. Paths are made when they are asked for: kept, they would be a fifth of what an idle log costs. */
  pathOf(kind: SegmentFileKind): string {
    return `${this.#directory}/${segmentFileName(this.baseOffset, kind)}${this.#suffix}`
  }

  /** Its files have their final names from now on, or are about to get them. */
  takeFinalNames(): void {
    this.#suffix = ''
    this.transactions?.movedTo(this.pathOf('.txnindex'))
  }

  /** It is not the log's any more: nobody may read its files by their names, which may be another's. */
  retire(): void {
    this.isDeleted = true
    this.offsetIndex.isDeleted = true
    this.timeIndex.isDeleted = true
  }

  /** An aborted transaction that is not in the index yet. */
  abortPends(ended: CompletedTransaction): void {
    if (this.pendingAborts === none) this.pendingAborts = [ended]
    else this.pendingAborts.push(ended)
  }

  /** Its file was found when the log was opened. */
  found({ size, modifiedMs }: { size: number; modifiedMs: Timestamp }): void {
    this.modifiedMs = modifiedMs
    this.sizeBytes = size
    this.writtenBytes = size
    this.syncedBytes = size
    this.isCreated = true
    this.isNameDurable = true
  }

  /** What `remember` needs to spare the next start a look at the files. Only once the indexes are finished. */
  memory(): SegmentMemory {
    const { maxTimestamp, offsetOfMaxTimestamp, firstTimestamp } = this
    return {
      maxTimestamp,
      offsetOfMaxTimestamp,
      firstTimestamp,
      bytesSinceIndexEntry: this.#bytesSinceIndexEntry,
      offsetIndex: this.offsetIndex.memory(),
      timeIndex: this.timeIndex.memory(),
    }
  }

  remember(memory: SegmentMemory): void {
    this.maxTimestamp = memory.maxTimestamp
    this.offsetOfMaxTimestamp = memory.offsetOfMaxTimestamp
    this.firstTimestamp = memory.firstTimestamp
    this.#bytesSinceIndexEntry = memory.bytesSinceIndexEntry
    this.offsetIndex.remember(memory.offsetIndex)
    this.timeIndex.remember(memory.timeIndex)
    this.isLoaded = true
  }

  /** Kafka's rule: by size, by the time between the first batch and this one, by a full index, by offsets out of reach. */
  isFullFor(batch: SegmentBatch, now: Timestamp, settings: LogSettings): boolean {
    if (this.sizeBytes === 0) return false
    const since = this.firstTimestamp !== null && this.firstTimestamp >= 0 ? this.firstTimestamp : null
    const waitedMs = since === null ? now - this.createdMs : batch.maxTimestamp - since
    return (
      this.sizeBytes > settings.segmentBytes - batch.sizeBytes ||
      waitedMs > settings.segmentMs - this.jitterMs ||
      this.offsetIndex.sizeBytes + 8 > settings.segmentIndexBytes ||
      // Kafka keeps one slot free, for the entry that it adds when the segment is closed.
      this.timeIndex.sizeBytes + 24 > settings.segmentIndexBytes ||
      batch.lastOffset - this.baseOffset > int32Max ||
      this.sizeBytes + batch.sizeBytes > int32Max
    )
  }

  /** Notes a batch at the end and adds index entries where they are due. Returns the batch's position. */
  note(batch: SegmentBatch, indexIntervalBytes: number): Position {
    const position = this.sizeBytes
    if (this.firstTimestamp === null) this.firstTimestamp = batch.maxTimestamp
    this.#noteTimestamp(batch)
    if (this.#bytesSinceIndexEntry > indexIntervalBytes) {
      this.offsetIndex.add(batch.lastOffset, position)
      this.addTimeEntry()
      this.#bytesSinceIndexEntry = 0
    }
    this.sizeBytes = position + batch.sizeBytes
    this.#bytesSinceIndexEntry += batch.sizeBytes
    return position
  }

  /** Batches behind the last index entry of a segment that is taken up again: they stand in no index yet. */
  noteUnindexed(batch: SegmentBatch): void {
    if (this.sizeBytes === 0) this.firstTimestamp = batch.maxTimestamp
    this.#noteTimestamp(batch)
    this.sizeBytes += batch.sizeBytes
    this.#bytesSinceIndexEntry += batch.sizeBytes
  }

  /** The time index's entry for the largest timestamp so far, unless it has it. Also due when a segment is closed. */
  addTimeEntry(): void {
    const last = this.timeIndex.last
    if (this.offsetOfMaxTimestamp < 0) return
    if (last === null || this.maxTimestamp > last.key) this.timeIndex.add(this.maxTimestamp, this.offsetOfMaxTimestamp)
  }

  /** Forgets everything that is known of the content, before it is noted anew. */
  reset(sizeBytes: number): void {
    this.sizeBytes = sizeBytes
    this.maxTimestamp = -1
    this.offsetOfMaxTimestamp = -1
    this.firstTimestamp = null
    this.#bytesSinceIndexEntry = 0
  }

  #noteTimestamp(batch: SegmentBatch): void {
    if (batch.maxTimestamp <= this.maxTimestamp) return
    this.maxTimestamp = batch.maxTimestamp
    this.offsetOfMaxTimestamp = batch.lastOffset
  }
}
