import { endTransactionOf } from '../record/control-record.ts'
import { crcHolds, sealBatch } from '../record/batch-crc.ts'
import { asBuffer } from '../codec/as-buffer.ts'
import type { ValidatedBatches } from '../record/batch-validation.ts'
import { BatchHeader, placeBatch, stampLogAppendTime } from '../record/batch-header.ts'
import type { AbortedTransaction } from './aborted-transaction.ts'
import { type LeaderEpoch, type Offset, type Position, type Timestamp, noEpoch } from '../record/offset.ts'
import type { DiskFault, DiskFile } from '../runtime/disk.ts'
import { invariant } from '../runtime/invariant.ts'
import { plausibleSize } from './batch-walk.ts'
import type { DamagedRange } from './damaged-ranges.ts'
import { BadBatch, DiskReader, type LogReadRequest } from './disk-reader.ts'
import { DamageWatch, type WatchedLog } from './damage-watch.ts'
import { LogCompactions } from './compaction/log-compactions.ts'
import type { EpochTable } from './epoch-table.ts'
import { LogAppendFault, LogReadFault } from './log-faults.ts'
import { beginAnewAt, createFiles, type OpenedLog, openLog } from './log-opening.ts'
import type { LogOptions } from './log-options.ts'
import { gapsAllowed, type LogParts, newSegment } from './log-parts.ts'
import type { RecoveryReport } from './log-recovery.ts'
import type { LogSettings } from './log-settings.ts'
import { emptySlice, type LogSlice } from './log-slice.ts'
import { LogTail } from './log-tail.ts'
import { truncateLog } from './log-truncation.ts'
import { LogWriter } from './log-writer.ts'
import type { ProducerState } from './producer-state.ts'
import { describeSegments, type SegmentFacts } from './segment-facts.ts'
import { endOfExpired } from './retention.ts'
import { loadSegment } from './segment-loader.ts'
import type { Segment } from './segment.ts'
import { SerialQueue } from './serial-queue.ts'
import { overAgainIfGone } from './segment-use.ts'
import { removeSegment } from './segment-removal.ts'
import type { TailMemory } from './tail-memory.ts'
import { findMaxTimestamp, findTimestamp, type TimestampedOffset } from './timestamp-search.ts'

const noBytes = Buffer.alloc(0)

/** Where appended batches went. */
export interface AppendedAt {
  readonly baseOffset: Offset
  readonly lastOffset: Offset
  /** The broker's time that was stamped on the batches; -1 where the producer's timestamps stand. */
  readonly logAppendTime: Timestamp
}

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
  readonly compactions: LogCompactions
  /** Looks for damage in all that is on the disk. */
  readonly damageWatch: DamageWatch
  readonly #parts: LogParts
  readonly #memory: TailMemory
  readonly #tail: LogTail
  readonly #reader: DiskReader
  readonly #writer: LogWriter
  readonly #header = new BatchHeader(noBytes)
  readonly #options: LogOptions
  #logEndOffset: Offset
  #sizeBytes: number
  #fault: DiskFault | null = null
  #isClosed = false
  /** Changes of the segments that are not written to any more: one at a time. */
  readonly #rearrangements = new SerialQueue()
  /** While the log is being cut or begun anew; nothing may be appended. */
  #isChanging = false
  #cuts = 0

  private constructor(options: LogOptions, opened: OpenedLog) {
    const { parts, logEndOffset, recovery } = opened
    const { tail, events } = options
    this.#options = options
    this.#parts = parts
    this.#memory = tail
    this.#logEndOffset = logEndOffset
    this.#sizeBytes = parts.segments.sizeBytes
    this.recovery = recovery
    this.#tail = new LogTail(tail)
    this.#reader = new DiskReader(parts)
    this.#writer = new LogWriter({
      parts,
      tail,
      events,
      onFault: (fault) => this.#onFault(fault),
      endOffset: logEndOffset,
    })
    this.compactions = new LogCompactions({
      parts,
      rearrangements: this.#rearrangements,
      isAtRest: () => this.#isAtRest,
      swapped: (upTo, moreBytes) => {
        this.#sizeBytes += moreBytes
        this.#tail.evictBelow(upTo)
      },
      fail: (fault) => this.#writer.fail(fault),
    })
    this.damageWatch = new DamageWatch(this.#watched(parts))
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
    return this.#writer.storedUpTo
  }

  /** Everything below is fsynced: the recovery point of the next start. */
  get flushedUpTo(): Offset {
    return this.#writer.flushedUpTo
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
    this.#admit(batches.bytes.length)
    invariant(epoch >= this.lastEpoch, 'an append of an older epoch', { epoch, lastEpoch: this.lastEpoch })
    const { settings, clock } = this.#parts
    const now = clock.nowMs()
    const logAppendTime = settings.timestampType === 'LogAppendTime' ? now : -1
    const baseOffset = this.#logEndOffset
    const { bytes } = batches
    for (let at = 0; at < bytes.length; ) {
      const size = this.#header.moveTo(bytes, at).sizeBytes
      this.#appendOne(bytes, at, size, { now, epoch, logAppendTime })
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
    this.#checkReplicated(bytes)
    const now = this.#parts.clock.nowMs()
    for (let at = 0; at < bytes.length; ) {
      const size = this.#header.moveTo(bytes, at).sizeBytes
      this.#appendOne(bytes, at, size, { now, epoch: null, logAppendTime: -1 })
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
    const slice = this.#tail.read(request)
    if (slice !== null) return slice
    const written = Math.min(upTo, this.#writer.writtenUpTo)
    return this.#readFromDisk(written === upTo ? request : { ...request, upTo: written })
  }

  /** What a read finds damaged is noted; what is good behind it can be read all the same. */
  async #readFromDisk(request: LogReadRequest): Promise<LogSlice> {
    for (;;) {
      const known = this.damage
      try {
        return await this.#reader.read(request)
      } catch (error) {
        if (!(error instanceof BadBatch)) throw error
        await this.damageWatch.met(error.segment, request.from)
        if (this.damage === known) throw error
      }
    }
  }

  /** The first record with a timestamp at or above `at`, by Kafka's rules; null: none below `upTo`. */
  async offsetForTimestamp(at: Timestamp, upTo: Offset): Promise<TimestampedOffset | null> {
    await this.#writer.exclusively(async () => {})
    return await overAgainIfGone(() => findTimestamp(this.#parts, at, upTo))
  }

  /** The (first) record with the largest timestamp of all; null: the log is empty or that record is not below `upTo`. */
  async offsetOfMaxTimestamp(upTo: Offset): Promise<TimestampedOffset | null> {
    await this.#writer.exclusively(async () => {})
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

  /** Drops everything and begins anew at `offset`: for a replica that is below its leader's log start. */
  async restartAt(offset: Offset): Promise<void> {
    await this.#change(async () => {
      this.#parts.logStartOffset = offset
      await beginAnewAt(this.#parts, offset)
      return offset
    })
  }

  /**
   * Moves the log start up (never down, nor above the log end): nothing below is served from now on. The files stay until
   * `removeBelowLogStart`, which has to wait until the new start is durable: of removals alone a power cut may keep some
   * and undo others, and a log with a hole in it is a damaged one.
   */
  moveLogStart(to: Offset): void {
    if (to <= this.logStartOffset) return
    invariant(to <= this.#logEndOffset, 'the log start would pass the log end', { to, end: this.#logEndOffset })
    this.#parts.logStartOffset = to
    this.#parts.epochs.truncateFromStart(to)
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
      const { segments, snapshots, damage, epochs, settings, logStartOffset } = this.#parts
      let removedBytes = 0
      await epochs.write()
      // A folder without any segment would begin at 0 again, were its checkpoint lost.
      if (this.hasSegmentsBelowStart && !segments.active.isCreated) await createFiles(this.#parts, segments.active)
      for (const segment of [...segments.all]) {
        const next = segments.next(segment)
        if (next === null || next.baseOffset > logStartOffset) break
        this.#sizeBytes -= segment.sizeBytes
        removedBytes += segment.sizeBytes
        await removeSegment(this.#parts, segment, settings.fileDeleteDelayMs)
        await snapshots.remove(segment.baseOffset)
      }
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
    const { segments, clock } = this.#parts
    for (;;) {
      const rule = this.settings.retention ?? null
      if (rule === null || !this.#isAtRest) return false
      const at = { nowMs: clock.nowMs(), highWatermark, logEndOffset: this.#logEndOffset }
      const expired = endOfExpired(segments.all, rule, at)
      if (expired === null) return false
      if (typeof expired !== 'number') {
        await this.#load(expired)
        continue
      }
      if (expired === this.#logEndOffset && segments.active.sizeBytes > 0) this.#roll(at.nowMs)
      const moves = expired > this.logStartOffset
      this.moveLogStart(expired)
      return moves
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
    const found = []
    for (const segment of this.#parts.segments.from(from)) {
      const entries = [...(segment.transactions?.entries ?? []), ...segment.pendingAborts]
      for (const entry of entries) {
        if (entry.lastOffset >= from && entry.firstOffset < upTo) found.push(entry)
        if (entry.lastStableOffset >= upTo) return found
      }
    }
    return found
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
    const { segments, files, producers, snapshots } = this.#parts
    try {
      await this.compactions.ended()
      if (this.#fault !== null) throw this.#fault
      await this.#writer.flush()
      await this.#writer.exclusively(async () => {
        const { active } = segments
        active.addTimeEntry()
        await active.offsetIndex.finish(files)
        await active.timeIndex.finish(files)
        if (this.settings.preallocate && active.isCreated) {
          await files.use(active.path, (file) => file.truncate(active.writtenBytes))
        }
        // An empty log has nothing to be replayed, and gets none, as in Kafka.
        if (this.#logEndOffset > this.logStartOffset) await snapshots.take(producers)
      })
    } finally {
      this.#writer.stop()
      this.#tail.clear()
      await Promise.all(segments.all.map((segment) => this.#letGo(segment)))
    }
  }

  async #letGo(segment: LogParts['segments']['active']): Promise<void> {
    const { files } = this.#parts
    await segment.transactions?.close()
    await Promise.all([segment.path, segment.offsetIndex.path, segment.timeIndex.path].map((path) => files.drop(path)))
  }

  #appendOne(
    from: Buffer,
    at: number,
    size: number,
    how: { now: Timestamp; epoch: LeaderEpoch | null; logAppendTime: Timestamp },
  ): void {
    const chunk = this.#memory.chunkFor(size)
    const place = chunk.used
    const { buffer } = chunk
    from.copy(buffer, place, at, at + size)
    const header = this.#header.moveTo(buffer, place)
    if (how.epoch !== null) {
      placeBatch(buffer, place, { baseOffset: this.#logEndOffset, epoch: how.epoch })
      if (how.logAppendTime >= 0) {
        stampLogAppendTime(buffer, place, how.logAppendTime)
        sealBatch(buffer, place)
      }
    }
    const { baseOffset, nextOffset } = header
    const batch = { lastOffset: nextOffset - 1, maxTimestamp: header.maxTimestamp, sizeBytes: size }
    const { segments, epochs, settings } = this.#parts
    if (segments.active.isFullFor(batch, how.now, settings)) this.#roll(how.now)
    const segment = segments.active
    segment.note(batch, settings.indexIntervalBytes)
    epochs.note(header.partitionLeaderEpoch, baseOffset)
    this.#noteProducer(header, baseOffset, how.now)
    this.#writer.pending.add(segment, chunk, size, { nextOffset, records: header.recordCount })
    this.#tail.add(chunk, place, place + size, { baseOffset, nextOffset })
    this.#logEndOffset = nextOffset
    this.#sizeBytes += size
  }

  #noteProducer(header: BatchHeader, baseOffset: Offset, nowMs: Timestamp): void {
    const marker = header.isControl ? endTransactionOf(header) : null
    const ended = this.producers.appended(header, { baseOffset, nowMs, marker })
    if (ended?.aborted === true) this.#parts.segments.active.pendingAborts.push(ended)
  }

  #roll(now: Timestamp): void {
    const { segments, snapshots, producers } = this.#parts
    const { active } = segments
    active.addTimeEntry()
    active.isSealed = true
    // The state's bytes are taken at once, before the next batch changes it.
    active.snapshot = snapshots.take(producers)
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

  #checkReplicated(bytes: Buffer): void {
    let expected = this.#logEndOffset
    let epoch = this.lastEpoch
    let at = 0
    while (at < bytes.length) {
      const size = plausibleSize(bytes, at)
      const isGood = size !== null && at + size <= bytes.length && crcHolds(bytes, at)
      const header = isGood ? this.#header.moveTo(bytes, at) : null
      const mayGap = gapsAllowed(this.#parts)
      const fits = header !== null && (header.baseOffset === expected || (mayGap && header.baseOffset > expected))
      if (!fits || (header.partitionLeaderEpoch < epoch && header.partitionLeaderEpoch !== noEpoch)) {
        throw this.#readFault('damaged', expected, expected)
      }
      expected = header.nextOffset
      epoch = Math.max(epoch, header.partitionLeaderEpoch)
      at += size as number
    }
  }

  async #change(change: () => Promise<Offset>): Promise<void> {
    this.#isChanging = true
    try {
      await this.#rearranged(async () => {
        this.#tail.clear()
        this.#reader.forget()
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

  #watched(parts: LogParts): WatchedLog {
    return {
      parts,
      cuts: () => this.#cuts,
      isClosed: () => this.#isClosed,
      writtenUpTo: () => this.#writer.writtenUpTo,
      undisturbed: (task) => this.#rearranged(task),
      damaged: (range) => this.#options.events.damaged(range),
      fail: (fault) => this.#writer.fail(fault),
    }
  }

  get #isAtRest(): boolean {
    return !this.#isClosed && !this.#isChanging && this.#fault === null
  }

  /** With everything written, and while no other segments come or go. */
  #rearranged<T>(task: () => Promise<T>): Promise<T> {
    return this.#rearrangements.run(() => this.#writer.exclusively(task))
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
    this.#tail.clear()
    this.#logEndOffset = this.#writer.writtenUpTo
    const { directory, logger } = this.#parts
    logger.error(
      { directory, code: fault.code, operation: fault.operation },
      'the disk failed, the log takes nothing more',
    )
    this.#options.events.failed(fault)
  }

  #readFault(code: LogReadFault['code'], from: Offset, upTo: Offset): LogReadFault {
    return new LogReadFault({ code, directory: this.#parts.directory, from, upTo })
  }
}

/** What a crash left in the page cache counts as stored from now on, so it is made durable first. */
async function syncRecovered(parts: LogParts, { writeAgain }: { writeAgain: boolean }): Promise<void> {
  for (const segment of parts.segments.all) {
    if (segment.syncedBytes === segment.writtenBytes) continue
    await parts.files.use(segment.path, async (file) => {
      if (writeAgain) await writeInPlace(file, segment.writtenBytes)
      await file.sync()
    })
    segment.syncedBytes = segment.writtenBytes
  }
  await parts.disk.syncDirectory(parts.directory)
}

/** After a failed fsync the system shows pages as synced that the disk has not: only a new write makes it try again. */
async function writeInPlace(file: DiskFile, upTo: Position): Promise<void> {
  const buffer = Buffer.alloc(Math.min(upTo, 1024 * 1024))
  for (let at = 0; at < upTo; at += buffer.length) {
    const part = buffer.subarray(0, Math.min(buffer.length, upTo - at))
    await file.read(part, at)
    await file.write([part], at)
  }
}
