import type { BatchHeader } from '../../record/batch-header.ts'
import type { Offset } from '../../record/offset.ts'
import type { Disk } from '../../runtime/disk.ts'
import { invariant } from '../../runtime/invariant.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { FileHandles } from '../file-handles.ts'
import type { LogState, PlacedEntry } from '../log-state.ts'
import { encodeProducerSnapshot } from '../producer-snapshot.ts'
import { SerialQueue } from '../serial-queue.ts'
import { SnapshotFiles } from '../snapshot-files.ts'
import { ConsumeQueue } from './consume-queue.ts'
import { consumeQueuesIn, consumeQueueStem } from './consume-queue-file.ts'
import { frameFormat, framePartitionOf, framePlaceOf, frameQueueOffsetOf } from './frame.ts'
import { type GroupProgress, LogQueue } from './log-queue.ts'
import { nameOfKey, type QueueName, queueKey } from './queue-name.ts'
import { QueueTable } from './queue-table.ts'
import { queueStartsIn } from './queue-starts.ts'
import { decodeQueuesSnapshot, encodeQueuesSnapshot, type QueuesSnapshot } from './queues-snapshot.ts'

/** What is fixed for all consume queues of a log. */
export interface QueueLimits {
  /** Entries in one file of a consume queue: 3.5 MiB of them. */
  readonly entriesPerFile: number
  /** Entries that wait in memory at most before they are written, of all queues of a log. */
  readonly entriesWaiting: number
  /** Entries in memory at most, of all queues of a log: those of the newest batches, which the tail mostly has. */
  readonly entriesInMemory: number
}

const queueLimits: QueueLimits = { entriesPerFile: 65_536, entriesWaiting: 16_384, entriesInMemory: 32_768 }

/**
 * The queues of one commit log: what is kept beside it, changed in the same step. Whoever asks for a queue's end has it as of
 * the log's end.
 *
 * Consume queues are written now and then; a snapshot of all queues stands at each segment's beginning and at the end after a
 * clean close, with the consume queues durable up to there. A start or a truncation goes back to the newest good one, and
 * takes the frames behind it again.
 */
export class Queues implements LogState {
  readonly #disk: Disk
  readonly #files: FileHandles
  readonly #directory: string
  readonly #logger: Logger
  readonly #limits: QueueLimits
  readonly #snapshots: SnapshotFiles
  readonly #queues = new QueueTable()
  readonly #progress: GroupProgress = { watermark: 0 }
  /** Topics that are gone: what the log still holds of them is of no queue. */
  readonly #dropped = new Set<string>()
  /** What changes files, one after the other. */
  readonly #work = new SerialQueue()
  #endOffset: Offset = 0
  /** Where the log's first segment begins, or one did that is gone. */
  #firstOffset: Offset = 0
  /** The beginning of the log that the starts of the queues go by. */
  #beginsFor: Offset = 0
  #unwritten = 0
  /** Whose entries are in memory, oldest first; those before `#oldest` are not any more. */
  #inMemory: LogQueue[] = []
  #oldest = 0

  private constructor(parts: QueuesPlace, snapshots: SnapshotFiles) {
    this.#disk = parts.disk
    this.#files = parts.files
    this.#directory = parts.directory
    this.#logger = parts.logger
    this.#limits = parts.limits ?? queueLimits
    this.#snapshots = snapshots
    for (const [key, firstOffsets] of consumeQueuesIn(parts.names)) this.#add(nameOfKey(key), firstOffsets)
  }

  static async open(place: QueuesPlace): Promise<Queues> {
    return new Queues(place, await SnapshotFiles.open({ ...place, ending: '.queues' }))
  }

  get endOffset(): Offset {
    return this.#endOffset
  }

  /** The queue, which begins at 0 if the log does not tell of it. */
  of(name: QueueName): LogQueue {
    return this.#queues.get(name) ?? this.#add(name, [])
  }

  /** Queues that the log tells of. */
  *all(): Iterable<LogQueue> {
    for (const queue of this.#queues.all()) if (queue.isKnown) yield queue
  }

  /** Everything below the group offset is committed. */
  watermarkReached(groupOffset: Offset): void {
    this.#progress.watermark = groupOffset
  }

  /** Queues whose end nothing tells from `groupOffset` up to `upTo`: the log may begin there once something does. */
  untoldFrom(groupOffset: Offset, upTo: Offset): LogQueue[] {
    return [...this.all()].filter((queue) => queue.toldUpToBelow(upTo) <= groupOffset)
  }

  /** The topic is gone, for ever. Its batches go with the segments that they are in. */
  async drop(topicId: string): Promise<void> {
    this.#dropped.add(topicId)
    const gone = this.#queues.all().filter((queue) => queue.topicId === topicId)
    for (const queue of gone) this.#queues.remove(queue)
    await this.#work.run(async () => {
      for (const queue of gone) await queue.entries.cutTo(null)
    })
  }

  mayTake({ bytes, at }: BatchHeader): boolean {
    if (framePartitionOf(bytes, at) < 0) return true
    const queue = this.#queues.ofFrame(bytes, at)
    return queue === null || !queue.isKnown || frameQueueOffsetOf(bytes, at) >= queue.endOffset
  }

  take({ header, position, nowMs }: PlacedEntry): null {
    const { baseOffset: groupOffset, nextOffset, sizeBytes } = header
    invariant(groupOffset >= this.#endOffset, 'queues go back', { groupOffset, end: this.#endOffset })
    this.#endOffset = nextOffset
    const batch = frameFormat.batchIn(header)
    if (framePartitionOf(header.bytes, header.at) < 0) {
      this.#takeStarts(batch, nextOffset)
      return null
    }
    const queue = this.#queueOf(header)
    if (queue === null) return null
    queue.take({ batch, offset: batch.baseOffset, groupOffset, position, sizeBytes, nowMs })
    this.#unwritten++
    this.#inMemory.push(queue)
    this.#evict()
    return null
  }

  advanceTo(offset: Offset): void {
    invariant(offset >= this.#endOffset, 'queues go back', { offset, end: this.#endOffset })
    this.#endOffset = offset
  }

  spill(): Promise<void> | null {
    if (this.#unwritten < this.#limits.entriesWaiting) return null
    return this.#work.run(async () => {
      await this.#write()
    })
  }

  async save(): Promise<void> {
    const offset = this.#endOffset
    if (offset === 0 || this.#snapshots.offsets.includes(offset)) return
    const bytes = encodeQueuesSnapshot(this.#snapshot())
    await this.#work.run(async () => {
      // The entries first: a snapshot promises that they are there.
      const isNew = await this.#write()
      for (const queue of this.#queues.all()) if (queue.entries.isUnsynced) await queue.entries.sync()
      if (isNew) await this.#disk.syncDirectory(this.#directory)
      await this.#snapshots.write(offset, bytes)
    })
  }

  async reload(to: Parameters<LogState['reload']>[0]): Promise<void> {
    await this.#work.run(() => this.#reload(to))
  }

  async beginAnew(offset: Offset): Promise<void> {
    await this.#work.run(async () => {
      for (const snapshot of [...this.#snapshots.offsets]) await this.#snapshots.remove(snapshot)
      this.#firstOffset = offset
      await this.#restore(null, { offset, nowMs: 0, expirationMs: 0 })
    })
  }

  async segmentsAre(baseOffsets: readonly Offset[]): Promise<void> {
    this.#firstOffset = baseOffsets[0] ?? 0
    await this.#snapshots.removeStrays(baseOffsets)
  }

  /** Without it the ends of queues that have nothing above would be lost, and their offsets given out again. */
  mayBeginAt(baseOffset: Offset): boolean {
    return this.#snapshots.offsets.includes(baseOffset)
  }

  async segmentRemoved(baseOffset: Offset): Promise<void> {
    await this.#snapshots.remove(baseOffset)
    this.#firstOffset = Math.max(this.#firstOffset, this.#snapshots.offsets[0] ?? 0)
  }

  async beginsAt(logStartOffset: Offset): Promise<void> {
    if (logStartOffset <= this.#beginsFor) return
    await this.#work.run(async () => {
      for (const queue of this.all()) {
        const [first] = await queue.entries.fromGroupOffset(logStartOffset)
        // A batch that the log's beginning cuts in two is given whole, as a partition's is.
        const skipped = first === undefined ? 0 : Math.max(0, logStartOffset - first.groupOffset)
        queue.beginsAt(first === undefined ? queue.endOffset : first.offset + skipped)
        await queue.entries.removeBelow(queue.startOffset)
      }
      this.#beginsFor = logStartOffset
    })
  }

  async close(): Promise<void> {
    await this.#work.run(async () => {
      for (const queue of this.#queues.all()) await queue.entries.close()
    })
  }

  async #reload(to: Parameters<LogState['reload']>[0]): Promise<void> {
    // What was above is not committed any more, whatever was known of it.
    this.#progress.watermark = Math.min(this.#progress.watermark, to.logEndOffset)
    let isCut = false
    for (const offset of [...this.#snapshots.offsets]) {
      if (offset <= to.logEndOffset) continue
      await this.#snapshots.remove(offset)
      isCut = true
    }
    // One that a power cut brings back would be taken for what the log is then.
    if (isCut) await this.#disk.syncDirectory(this.#directory)
    const newest = await this.#newestSnapshot()
    const { offset, snapshot } = newest ?? { offset: this.#firstOffset, snapshot: null }
    if (await this.#restore(snapshot, { ...to, offset })) return
    this.#logger.warn({ directory: this.#directory }, 'consume queues are not what they were, and are made anew')
    const oldest = await this.#oldestSnapshot()
    const withoutEntries = oldest.snapshot?.queues.map((queue) => ({ ...queue, reach: null })) ?? []
    const bare = { beginsFor: oldest.snapshot?.beginsFor ?? 0, queues: withoutEntries }
    await this.#restore(bare, { ...to, offset: oldest.offset })
  }

  async #newestSnapshot(): Promise<{ offset: Offset; snapshot: QueuesSnapshot } | null> {
    for (let offset = this.#snapshots.offsets.at(-1); offset !== undefined; offset = this.#snapshots.offsets.at(-1)) {
      const snapshot = await this.#read(offset)
      if (snapshot !== null) return { offset, snapshot }
      this.#logger.warn({ path: this.#snapshots.path(offset) }, 'a snapshot of queues is damaged and is not used')
      await this.#snapshots.remove(offset)
    }
    return null
  }

  /** Everything from there on is taken again, so that all entries are made anew. */
  async #oldestSnapshot(): Promise<{ offset: Offset; snapshot: QueuesSnapshot | null }> {
    const [offset] = this.#snapshots.offsets
    const snapshot = offset === this.#firstOffset ? await this.#read(offset) : null
    return { offset: this.#firstOffset, snapshot }
  }

  async #read(offset: Offset): Promise<QueuesSnapshot | null> {
    const bytes = await this.#snapshots.read(offset)
    return bytes === null ? null : decodeQueuesSnapshot(bytes)
  }

  /** False: a consume queue does not reach as far as the snapshot says. */
  async #restore(
    snapshot: QueuesSnapshot | null,
    at: { offset: Offset; nowMs: number; expirationMs: number },
  ): Promise<boolean> {
    this.#inMemory = []
    this.#oldest = 0
    this.#unwritten = 0
    this.#endOffset = at.offset
    this.#beginsFor = snapshot?.beginsFor ?? 0
    const saved = new Map((snapshot?.queues ?? []).map((queue) => [queueKey(queue), queue]))
    let isWhole = true
    for (const queue of saved.values()) if (!this.#dropped.has(queue.topicId)) this.of(queue)
    for (const queue of this.#queues.all()) {
      const known = saved.get(queueKey(queue)) ?? null
      queue.restore(known, at)
      isWhole = (await queue.entries.cutTo(known?.reach ?? null)) && isWhole
    }
    return isWhole
  }

  #snapshot(): QueuesSnapshot {
    const queues = [...this.all()].map((queue) => {
      const producers = encodeProducerSnapshot(queue.producers.entries())
      return { ...queue.saved(), producers }
    })
    return { beginsFor: this.#beginsFor, queues }
  }

  /** Resolves with whether a file was made. */
  async #write(): Promise<boolean> {
    let isNew = false
    for (const queue of this.#queues.all()) {
      if (queue.entries.unwritten > 0) isNew = (await queue.entries.write()) || isNew
    }
    this.#unwritten = this.#queues.all().reduce((sum, { entries }) => sum + entries.unwritten, 0)
    this.#evict()
    return isNew
  }

  #evict(): void {
    while (this.#inMemory.length - this.#oldest > this.#limits.entriesInMemory) {
      const { entries } = this.#inMemory[this.#oldest] as LogQueue
      // Its oldest is in no file yet: what waits is written soon.
      if (!entries.evictOne() && entries.unwritten > 0) break
      this.#oldest++
    }
    if (this.#oldest < 1024 || this.#oldest * 2 < this.#inMemory.length) return
    this.#inMemory = this.#inMemory.slice(this.#oldest)
    this.#oldest = 0
  }

  /** Null: its topic is gone. */
  #queueOf({ bytes, at }: BatchHeader): LogQueue | null {
    const queue = this.#queues.ofFrame(bytes, at)
    if (queue !== null) return queue
    const name = framePlaceOf(bytes, at)
    return name === null || this.#dropped.has(name.topicId) ? null : this.of(name)
  }

  #takeStarts(batch: BatchHeader, groupEnd: Offset): void {
    for (const start of queueStartsIn(batch)) {
      if (!this.#dropped.has(start.topicId)) this.of(start).takeStart(start, groupEnd)
    }
  }

  #add(name: QueueName, firstOffsets: readonly Offset[]): LogQueue {
    const stem = `${this.#directory}/${consumeQueueStem(name)}`
    const { entriesPerFile } = this.#limits
    const entries = new ConsumeQueue({ disk: this.#disk, files: this.#files, stem, entriesPerFile, firstOffsets })
    const queue = new LogQueue(name, { entries, progress: this.#progress })
    this.#queues.add(queue)
    return queue
  }
}

interface QueuesPlace {
  readonly disk: Disk
  readonly files: FileHandles
  /** The log's folder. */
  readonly directory: string
  readonly logger: Logger
  /** The files in it. */
  readonly names: readonly string[]
  readonly limits?: QueueLimits
}
