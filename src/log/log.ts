import { sealBatch } from '../record/batch-crc.ts'
import { asBuffer } from '../codec/as-buffer.ts'
import type { ValidatedBatches } from '../record/batch-validation.ts'
import { BatchHeader, stampLogAppendTime } from '../record/batch-header.ts'
import type { AbortedTransaction } from './aborted-transaction.ts'
import { abortedWithin } from './aborted-within.ts'
import type { AppendedAt } from './appended-at.ts'
import { type LeaderEpoch, type Offset, type Timestamp, noEpoch } from '../record/offset.ts'
import type { DiskFault } from '../runtime/disk.ts'
import { invariant } from '../runtime/invariant.ts'
import type { DamagedRange } from './damaged-ranges.ts'
import { DiskReader, type LogReadRequest } from './disk-reader.ts'
import { DamageWatch } from './damage-watch.ts'
import { LogCompactions } from './compaction/log-compactions.ts'
import type { EpochTable } from './epoch-table.ts'
import { finishActive } from './finish-active.ts'
import { LogAppendFault, LogReadFault } from './log-faults.ts'
import { beginAnewAt, createFiles, type OpenedLog, openLog } from './log-opening.ts'
import { type LogAsClosed, logAsClosed } from './log-as-closed.ts'
import type { LogOptions } from './log-options.ts'
import { type LogParts, newSegment, segmentsToRemove } from './log-parts.ts'
import { continuesLog } from './replicated-entries.ts'
import { syncRecovered } from './recovered-sync.ts'
import type { RecoveryReport } from './log-recovery.ts'
import type { LogEvents, LogSettings } from './log-settings.ts'
import { emptySlice, type LogSlice } from './log-slice.ts'
import { LogTail } from './log-tail.ts'
import { truncateLog } from './log-truncation.ts'
import { LogWriter } from './log-writer.ts'
import type { ProducerState } from './producer-state.ts'
import type { LogQueue } from './queues/log-queue.ts'
import { QueueAccess } from './queues/queue-access.ts'
import { describeSegments, type SegmentFacts } from './segment-facts.ts'
import { endOfExpired } from './retention.ts'
import { loadSegment } from './segment-loader.ts'
import type { Segment } from './segment.ts'
import { SerialQueue } from './serial-queue.ts'
import { overAgainIfGone } from './segment-use.ts'
import { removeSegment } from './segment-removal.ts'
import type { TailMemory } from './tail-memory.ts'
import { findMaxTimestamp, findTimestamp, type TimestampedOffset } from './timestamp-search.ts'

/** Where an append looks; nothing of it is kept beyond a call. */
const header = new BatchHeader(Buffer.alloc(0))

/**
 * The log of one partition, on disk as Kafka lays it out. Opened → closed, or failed for good when the disk fails.
 *
 * `append` fixes the order and returns; bytes are written in the background (see LogWriter), and the events tell how
 * far they are stored. Reads of the newest bytes come from memory at once, older ones from disk.
 *
 * logStartOffset <= flushedUpTo <= storedUpTo <= logEndOffset as soon as events of a turn are out.
 */
export class Log {
  readonly recovery: RecoveryReport
  /** Null: the log is of unit `partition`. */
  readonly queues: QueueAccess | null
  readonly #parts: LogParts
  readonly #memory: TailMemory
  readonly #events: LogEvents
  // The rooms of a log that is used come with their first use: thousands are not used for long.
  #tailInUse: LogTail | null = null
  #readerInUse: DiskReader | null = null
  #writerInUse: LogWriter | null = null
  /** Changes of the segments that are not written to any more: one at a time. */
  #rearrangements: SerialQueue | null = null
  #logEndOffset: Offset
  #sizeBytes: number
  #fault: DiskFault | null = null
  #isClosed = false
  /** While the log is being cut or begun anew; nothing may be appended. */
  #isChanging = false
  #cuts = 0
  /** Null as long as nobody has asked for it: most logs are never compacted. */
  #compactions: LogCompactions | null = null
  /** Null as long as nothing is looked for. */
  #damageWatch: DamageWatch | null = null

  private constructor(options: LogOptions, opened: OpenedLog) {
    const { parts, logEndOffset, recovery } = opened
    const { tail, events } = options
    this.#events = events
    this.#parts = parts
    this.#memory = tail
    this.#logEndOffset = logEndOffset
    this.#sizeBytes = parts.segments.sizeBytes
    this.recovery = recovery
    const { queues } = parts
    this.queues = queues && new QueueAccess({ queues, parts, tail: this.#tail, memory: tail, written: this.#writer })
  }

  /** Opens the log in `directory`, or makes it. After an unclean shutdown what recovery found good is made durable. */
  static async open(options: LogOptions): Promise<Log> {
    const opened = await openLog(options)
    if (opened.recovery.scannedBytes > 0) await syncRecovered(opened.parts, { writeAgain: options.syncFailed ?? false })
    return new Log(options, opened)
  }

  get logStartOffset(): Offset {
    return this.#parts.logStartOffset
  }

  /** The offset that the next record gets. */
  get logEndOffset(): Offset {
    return this.#logEndOffset
  }

  get storedUpTo(): Offset {
    return this.#writerInUse?.storedUpTo ?? this.#logEndOffset
  }

  /** Everything below is fsynced: the recovery point of the next start. */
  get flushedUpTo(): Offset {
    return this.#writerInUse?.flushedUpTo ?? this.#logEndOffset
  }

  get lastEpoch(): LeaderEpoch {
    return this.#parts.epochs.lastEpoch
  }

  get epochs(): EpochTable {
    return this.#parts.epochs
  }

  get producers(): ProducerState {
    return this.#parts.producers
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Looks for damage in all that is on the disk. */
  get damageWatch(): DamageWatch {
    this.#damageWatch ??= new DamageWatch({
      parts: this.#parts,
      cuts: () => this.#cuts,
      isClosed: () => this.#isClosed,
      writtenUpTo: () => this.#writer.writtenUpTo,
      undisturbed: (task) => this.#rearranged(task),
      damaged: (range) => this.#events.damaged(range),
      fail: (fault) => this.#writer.fail(fault),
    })
    return this.#damageWatch
  }

  get compactions(): LogCompactions {
    this.#compactions ??= new LogCompactions({
      parts: this.#parts,
      rearrangements: this.#oneByOne,
      isAtRest: () => this.#isAtRest,
      swapped: (upTo, moreBytes) => {
        this.#sizeBytes += moreBytes
        this.#tailInUse?.evictBelow(upTo)
      },
      fail: (fault) => this.#writer.fail(fault),
    })
    return this.#compactions
  }

  /** Set once the disk has failed; the log then takes nothing more until it is opened again. */
  get fault(): DiskFault | null {
    return this.#fault
  }

  /** What of the log is known to be damaged, found by this start, an earlier one, or since. Another list whenever it changes. */
  get damage(): readonly DamagedRange[] {
    return this.#parts.damage.all
  }

  /** The first offset at or above `at` (default: the log start) that cannot be read; null: all can, as far as is known. */
  damagedFrom(at: Offset = this.logStartOffset): Offset | null {
    return this.#parts.damage.firstFrom(at)
  }

  get settings(): LogSettings {
    return this.#parts.settings
  }

  /** The topic's configuration has changed. Segments that are full by the new settings roll with the next append. */
  configure(settings: LogSettings): void {
    this.#parts.settings = settings
  }

  /**
   * Puts the batches behind the log end, in a leader's `epoch`: copies them, gives them their offsets, and schedules the
   * write. The caller's bytes are free when it returns. Throws `LogAppendFault` when the disk has failed or is too far
   * behind; then nothing was appended.
   */
  append(batches: ValidatedBatches, epoch: LeaderEpoch): AppendedAt {
    return this.#append(batches, { epoch, queue: null, timestampType: this.settings.timestampType })
  }

  /** The same for batches of a queue: `queue.endOffset` is the queue offset that they get. What is returned are group offsets. */
  appendTo(
    queue: LogQueue,
    batches: ValidatedBatches,
    { epoch, timestampType }: { epoch: LeaderEpoch; timestampType: LogSettings['timestampType'] },
  ): AppendedAt {
    return this.#append(batches, { epoch, queue, timestampType })
  }

  #append(
    batches: ValidatedBatches,
    how: { epoch: LeaderEpoch; queue: LogQueue | null; timestampType: LogSettings['timestampType'] },
  ): AppendedAt {
    const { epoch, queue } = how
    const { state, clock, queues } = this.#parts
    this.#admit(batches.bytes.length)
    invariant(epoch >= this.lastEpoch, 'an append of an older epoch', { epoch, lastEpoch: this.lastEpoch })
    invariant(queues === null || queue !== null || batches.first.isControl, 'records that are of no queue')
    // Queue offsets are given out from here on: what is beside the log has to be as far as the log is.
    const { endOffset } = state
    invariant(endOffset === this.#logEndOffset, 'what is kept beside the log lags behind it', { endOffset })
    const now = clock.nowMs()
    const logAppendTime = how.timestampType === 'LogAppendTime' ? now : -1
    const baseOffset = this.#logEndOffset
    const { bytes } = batches
    for (let at = 0; at < bytes.length; ) {
      const size = header.moveTo(bytes, at).sizeBytes
      this.#appendOne(bytes, at, size, { now, placed: { epoch, queue }, logAppendTime })
      at += size
    }
    this.#writer.schedule()
    return { baseOffset, lastOffset: this.#logEndOffset - 1, logAppendTime }
  }

  /**
   * As follower: appends whole batches with offsets and epochs in place, as the leader's log holds them. Bytes that do
   * not go on from the log end, or whose CRC does not hold, are refused with a `LogReadFault` ('damaged') and nothing is
   * appended.
   */
  appendReplicated(given: Uint8Array): void {
    const bytes = asBuffer(given)
    this.#admit(bytes.length)
    if (!continuesLog(this.#parts, bytes, this.#logEndOffset)) {
      throw this.#readFault('damaged', this.#logEndOffset, this.#logEndOffset)
    }
    const now = this.#parts.clock.nowMs()
    for (let at = 0; at < bytes.length; ) {
      const size = header.moveTo(bytes, at).sizeBytes
      this.#appendOne(bytes, at, size, { now, placed: null, logAppendTime: -1 })
      at += size
    }
    if (bytes.length > 0) this.#writer.schedule()
  }

  /**
   * Whole batches from the one that holds `from` on; at most `maxBytes` in all, but one batch at least with
   * `minOneBatch`; none at or above `upTo` (<= logEndOffset). From memory at once, else as a promise. `from` must lie in
   * [logStartOffset, logEndOffset]. Throws or rejects with `LogReadFault` or a `DiskFault`.
   */
  read(request: LogReadRequest): LogSlice | Promise<LogSlice> {
    const { from, upTo } = request
    if (this.#isClosed) throw this.#readFault('closed', from, upTo)
    if (from < this.logStartOffset || from > this.#logEndOffset) {
      throw this.#readFault('offset-out-of-range', this.logStartOffset, this.#logEndOffset)
    }
    if (from >= upTo || from === this.#logEndOffset) return emptySlice(from)
    const writtenUpTo = this.#writerInUse?.writtenUpTo ?? this.#logEndOffset
    // Clients, whose memory is counted, may be stuck for long; other brokers are few. What is not on the disk is nowhere else.
    const bounded = request.memory !== undefined && from < writtenUpTo
    const slice = this.#tailInUse?.read(request, { bounded }) ?? null
    if (slice !== null) return slice
    const written = Math.min(upTo, writtenUpTo)
    const asked = written === upTo ? request : { ...request, upTo: written }
    return this.damageWatch.around(() => this.#reader.read(asked), from)
  }

  /** The first record with a timestamp at or above `at`, by Kafka's rules; null: none below `upTo`. */
  async offsetForTimestamp(at: Timestamp, upTo: Offset): Promise<TimestampedOffset | null> {
    await this.#writerInUse?.exclusively(async () => {})
    return await overAgainIfGone(() => findTimestamp(this.#parts, at, upTo))
  }

  /** The (first) record with the largest timestamp of all; null: the log is empty or that record is not below `upTo`. */
  async offsetOfMaxTimestamp(upTo: Offset): Promise<TimestampedOffset | null> {
    await this.#writerInUse?.exclusively(async () => {})
    return await overAgainIfGone(() => findMaxTimestamp(this.#parts, upTo))
  }

  /**
   * Cuts the log so that it ends at `offset`, or at the beginning of the batch that holds it. As follower only: nothing
   * may be appended until it is done.
   */
  async truncateTo(offset: Offset): Promise<void> {
    if (offset >= this.#logEndOffset) return
    if (offset < this.logStartOffset) return await this.restartAt(offset)
    await this.#change(async () => {
      const end = await truncateLog(this.#parts, offset)
      const { logStartOffset } = this
      if (end >= logStartOffset) return end
      // Damage is cut as a whole, and this began below the log start.
      await beginAnewAt(this.#parts, logStartOffset)
      return logStartOffset
    })
  }

  /**
   * Drops everything and begins anew at `offset`: for a replica that is below its leader's log start. `epochBelow` is that of the
   * batch before, where something tells of it.
   */
  async restartAt(offset: Offset, epochBelow: LeaderEpoch = noEpoch): Promise<void> {
    await this.#change(async () => {
      this.#parts.logStartOffset = offset
      await beginAnewAt(this.#parts, offset)
      this.#parts.epochs.below = epochBelow
      return offset
    })
  }

  /**
   * Moves the log start up (never down, nor above the log end): nothing below is served from now on. The files stay until
   * `removeBelowLogStart`, which has to wait until the new start is durable: of removals alone a power cut may keep some
   * and undo others, and a log with a hole in it is a damaged one. `epochBelow` is that of the batch before, where something
   * tells of it.
   */
  moveLogStart(to: Offset, epochBelow: LeaderEpoch = noEpoch): void {
    if (to < this.logStartOffset) return
    invariant(to <= this.#logEndOffset, 'the log start would pass the log end', { to, end: this.#logEndOffset })
    const { epochs } = this.#parts
    epochs.below = Math.max(epochBelow, to === this.logStartOffset ? epochs.below : noEpoch)
    this.#parts.logStartOffset = to
    epochs.truncateFromStart(to)
  }

  /** Whether segments lie wholly below the log start. */
  get hasSegmentsBelowStart(): boolean {
    const { segments, logStartOffset } = this.#parts
    const second = segments.all[1]
    return second !== undefined && second.baseOffset <= logStartOffset
  }

  /** Removes the segments that lie wholly below the log start. Resolves with how many bytes they had. */
  async removeBelowLogStart(): Promise<number> {
    if (this.#isClosed) return 0
    return await this.#rearranged(async () => {
      const { segments, state, damage, epochs, settings, logStartOffset } = this.#parts
      let removedBytes = 0
      await epochs.write()
      // A folder without any segment would begin at 0 again, were its checkpoint lost.
      // Of those that are appended to meanwhile the one that is written next: behind a later one would be a hole.
      const next = segments.floor(this.#writer.writtenUpTo)
      if (this.hasSegmentsBelowStart && !next.isCreated) await createFiles(this.#parts, next)
      // What they leave behind is saved by then.
      for (const { snapshot } of segments.all) await snapshot
      for (const segment of segmentsToRemove(this.#parts)) {
        this.#sizeBytes -= segment.sizeBytes
        removedBytes += segment.sizeBytes
        await removeSegment(this.#parts, segment, settings.fileDeleteDelayMs)
        await state.segmentRemoved(segment.baseOffset)
      }
      await state.beginsAt(logStartOffset)
      await damage.segmentsRemovedBelow(segments.first.baseOffset)
      return removedBytes
    })
  }

  /**
   * Moves the log start past the segments that the topic's retention has no use for, as far as they lie below
   * `highWatermark`. Has the newest segment gone too, another is begun. Resolves with whether the log start has moved; see
   * `removeBelowLogStart`.
   */
  async expire(highWatermark: Offset): Promise<boolean> {
    const expired = await this.endOfExpired(highWatermark)
    if (expired === null || expired <= this.logStartOffset) return false
    this.moveLogStart(expired)
    return true
  }

  /** Where the log would begin without those segments; null: none is to go. Has the newest to go too, another is begun. */
  async endOfExpired(highWatermark: Offset): Promise<Offset | null> {
    const { segments, clock } = this.#parts
    for (;;) {
      const rule = this.settings.retention ?? null
      if (rule === null || !this.#isAtRest) return null
      const at = { nowMs: clock.nowMs(), highWatermark, logEndOffset: this.#logEndOffset }
      const expired = endOfExpired(segments.all, rule, at)
      if (expired === null) return null
      if (typeof expired !== 'number') {
        await this.#load(expired)
        continue
      }
      if (expired === this.#logEndOffset && segments.active.sizeBytes > 0) this.#roll(at.nowMs)
      return expired
    }
  }

  /** First offset that no compaction has seen; null: the log has never been compacted. */
  get cleanedUpTo(): Offset | null {
    return this.#parts.cleanedUpTo
  }

  /** The lowest of the high watermark and the first offset of a transaction whose end is not committed. */
  lastStableOffset(highWatermark: Offset): Offset {
    const unstable = this.producers.firstUnstableOffset(highWatermark)
    return unstable === null ? highWatermark : Math.min(unstable, highWatermark)
  }

  /** Aborted transactions that have records in [from, upTo). */
  abortedTransactions(from: Offset, upTo: Offset): AbortedTransaction[] {
    return abortedWithin(this.#parts.segments, from, upTo)
  }

  /** Writes and fsyncs all that is appended. Rejects with the fault when the disk fails. */
  async flush(): Promise<void> {
    await this.#writer.flush()
  }

  /** Ends the present segment, unless it is empty. */
  async roll(): Promise<void> {
    await this.#writer.exclusively(async () => {
      if (this.#parts.segments.active.sizeBytes > 0) this.#roll(this.#parts.clock.nowMs())
    })
  }

  segments(): SegmentFacts[] {
    return describeSegments(this.#parts.segments.all)
  }

  /**
   * Writes, indexes and fsyncs everything and lets go of the files. Afterwards the folder may be opened as clean, unless
   * the log had failed: then this rejects with the fault.
   */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    const { segments, state } = this.#parts
    try {
      await this.#compactions?.ended()
      if (this.#fault !== null) throw this.#fault
      await this.#writer.flush()
      await this.#writer.exclusively(async () => {
        await finishActive(this.#parts)
        // An empty log has nothing to be replayed, and gets none, as in Kafka.
        if (this.#logEndOffset > this.logStartOffset) await state.save()
      })
    } finally {
      this.#writer.stop()
      this.#tailInUse?.clear()
      await Promise.all(segments.all.map((segment) => this.#letGo(segment)))
      await this.#parts.state.close()
    }
  }

  /** What the next start need not look for, of a log that is closed well; see `logAsClosed`. */
  asClosed(): Promise<LogAsClosed | null> {
    invariant(this.#isClosed, 'a log is noted that is open', { directory: this.#parts.directory })
    return this.#fault === null ? logAsClosed(this.#parts, this.#logEndOffset) : Promise.resolve(null)
  }

  async #letGo(segment: LogParts['segments']['active']): Promise<void> {
    const { files } = this.#parts
    await segment.transactions?.close()
    await Promise.all([segment.path, segment.offsetIndex.path, segment.timeIndex.path].map((path) => files.drop(path)))
  }

  /** `placed`: where the batch is to go, with a leader's epoch; null: it is an entry that has its place already. */
  #appendOne(
    from: Buffer,
    at: number,
    bytes: number,
    how: {
      now: Timestamp
      placed: { epoch: LeaderEpoch; queue: LogQueue | null } | null
      logAppendTime: Timestamp
    },
  ): void {
    const { segments, epochs, state, settings, format } = this.#parts
    const overhead = how.placed === null ? 0 : format.overheadBytes
    const size = overhead + bytes
    const chunk = this.#memory.chunkFor(size)
    const place = chunk.used
    const { buffer } = chunk
    from.copy(buffer, place + overhead, at, at + bytes)
    if (how.placed !== null) {
      if (how.logAppendTime >= 0) {
        stampLogAppendTime(buffer, place + overhead, how.logAppendTime)
        sealBatch(buffer, place + overhead)
      }
      const { epoch, queue } = how.placed
      format.place(buffer, place, { offset: this.#logEndOffset, epoch, to: queue && placeIn(queue) })
    }
    const entry = header.moveTo(buffer, place)
    const { baseOffset, nextOffset, partitionLeaderEpoch } = entry
    const { recordCount: records, maxTimestamp } = format.batchIn(entry)
    const batch = { lastOffset: nextOffset - 1, maxTimestamp, sizeBytes: size }
    if (segments.active.isFullFor(batch, how.now, settings)) this.#roll(how.now)
    const segment = segments.active
    const position = segment.note(batch, settings.indexIntervalBytes)
    epochs.note(partitionLeaderEpoch, baseOffset)
    const ended = state.take({ header: entry, segment: segment.baseOffset, position, nowMs: how.now })
    if (ended?.aborted === true) segment.abortPends(ended)
    this.#writer.pending.add(segment, chunk, size, { nextOffset, records })
    this.#tail.add(chunk, place, place + size, { baseOffset, nextOffset })
    this.#logEndOffset = nextOffset
    this.#sizeBytes += size
  }

  #roll(now: Timestamp): void {
    const { segments, state } = this.#parts
    const { active } = segments
    active.addTimeEntry()
    active.isSealed = true
    // The state's bytes are taken at once, before the next batch changes it.
    active.snapshot = state.save()
    active.snapshot.catch(() => {})
    segments.add(newSegment(this.#parts, this.#logEndOffset, now))
    segments.active.isLoaded = true
    this.#writer.schedule()
    if (active.writtenBytes === active.sizeBytes) this.#writer.flushSoon()
  }

  #admit(bytes: number): void {
    const { directory } = this.#parts
    if (this.#fault !== null) throw new LogAppendFault('storage-error', { directory, cause: this.#fault })
    invariant(!this.#isClosed && !this.#isChanging, 'an append to a log that takes none', { directory })
    if (!this.#memory.canTake(bytes)) throw new LogAppendFault('storage-busy', { directory })
  }

  async #change(change: () => Promise<Offset>): Promise<void> {
    this.#isChanging = true
    try {
      await this.#rearranged(async () => {
        this.#tailInUse?.clear()
        this.#readerInUse?.forget()
        this.#cuts++
        this.#logEndOffset = await change()
        this.compactions.cutAt(this.#logEndOffset)
        this.#sizeBytes = this.#parts.segments.sizeBytes
        this.#writer.restartAt(this.#logEndOffset)
      })
    } finally {
      this.#isChanging = false
    }
  }

  get #tail(): LogTail {
    this.#tailInUse ??= new LogTail(this.#memory)
    return this.#tailInUse
  }

  get #reader(): DiskReader {
    this.#readerInUse ??= new DiskReader(this.#parts)
    return this.#readerInUse
  }

  /** Until there is one, all that is in the log has been flushed. */
  get #writer(): LogWriter {
    this.#writerInUse ??= new LogWriter({
      parts: this.#parts,
      tail: this.#memory,
      events: this.#events,
      onFault: (fault) => this.#onFault(fault),
      endOffset: this.#logEndOffset,
    })
    return this.#writerInUse
  }

  get #oneByOne(): SerialQueue {
    this.#rearrangements ??= new SerialQueue()
    return this.#rearrangements
  }

  get #isAtRest(): boolean {
    return !this.#isClosed && !this.#isChanging && this.#fault === null
  }

  /** With everything written, and while no other segments come or go. */
  #rearranged<T>(task: () => Promise<T>): Promise<T> {
    return this.#oneByOne.run(() => this.#writer.exclusively(task))
  }

  /** Takes up the indexes of a segment; one that goes meanwhile is no matter. */
  async #load(segment: Segment): Promise<void> {
    try {
      await loadSegment(this.#parts, segment)
    } catch (error) {
      if (!segment.isDeleted) throw error
    }
  }

  #onFault(fault: DiskFault): void {
    this.#fault = fault
    // What was not written is gone, and what was half written must not be served from memory either.
    this.#tailInUse?.clear()
    this.#logEndOffset = this.#writer.writtenUpTo
    const { directory, logger } = this.#parts
    const facts = { directory, code: fault.code, operation: fault.operation }
    logger.error(facts, 'the disk failed, the log takes nothing more')
    this.#events.failed(fault)
  }

  #readFault(code: LogReadFault['code'], from: Offset, upTo: Offset): LogReadFault {
    return new LogReadFault({ code, directory: this.#parts.directory, from, upTo })
  }
}

const placeIn = ({ topicIdBytes, partition, endOffset: offset }: LogQueue) => ({ topicIdBytes, partition, offset })
