import type { Offset } from '../record/offset.ts'
import type { Timer } from '../runtime/clock.ts'
import { DiskFault } from '../runtime/disk.ts'
import type { LogParts } from './log-parts.ts'
import type { LogEvents } from './log-settings.ts'
import { PendingWrites, type WriteGroup } from './pending-writes.ts'
import type { Segment } from './segment.ts'
import { openTransactionIndex } from './segment-loader.ts'
import { SerialQueue } from './serial-queue.ts'
import type { TailMemory } from './tail-memory.ts'

/** Index entries that wait in memory at most before they are written: 2 MiB of log with the default interval. */
const indexEntriesWaiting = 512
/** A timer beyond this many days is none. */
const longestTimerMs = 0x7fffffff

/**
 * The group commit of one log. At most one write is in flight; whatever is appended meanwhile goes out together in the
 * next one. Then comes the fsync, if the flush rule wants one, shared by all that was written. Fsyncs that nobody waits
 * for (of rolled segments, of `flush.ms`) run beside the writes.
 *
 * flushedUpTo <= storedUpTo <= writtenUpTo, but that storedUpTo may lag behind flushedUpTo within one turn.
 */
export class LogWriter {
  readonly pending: PendingWrites
  readonly #parts: LogParts
  readonly #events: LogEvents
  readonly #onFault: (fault: DiskFault) => void
  readonly #writes = new SerialQueue()
  readonly #flushes = new SerialQueue()
  #writtenUpTo: Offset
  #storedUpTo: Offset
  #flushedUpTo: Offset
  #unflushedRecords = 0
  #isScheduled = false
  #flushTimer: Timer | null = null
  #fault: DiskFault | null = null

  constructor(options: {
    parts: LogParts
    tail: TailMemory
    events: LogEvents
    onFault: (fault: DiskFault) => void
    endOffset: Offset
  }) {
    this.#parts = options.parts
    this.#events = options.events
    this.#onFault = options.onFault
    this.pending = new PendingWrites(options.tail)
    this.#writtenUpTo = options.endOffset
    this.#storedUpTo = options.endOffset
    this.#flushedUpTo = options.endOffset
  }

  /** Everything below is handed to the system. */
  get writtenUpTo(): Offset {
    return this.#writtenUpTo
  }

  get storedUpTo(): Offset {
    return this.#storedUpTo
  }

  get flushedUpTo(): Offset {
    return this.#flushedUpTo
  }

  /** Has what waits written soon: after what is being handled now, so that appends of the same turn share the write. */
  schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#parts.clock.defer(() => void this.#writes.run(() => this.#begin()))
  }

  /** Fsyncs sealed segments, with their indexes, beside the writes. */
  flushSoon(): void {
    this.#guarded(() => this.#flush()).catch(ignoreFault)
  }

  /** Writes and fsyncs everything that is appended by now. Rejects with the fault when that fails. */
  async flush(): Promise<void> {
    await this.exclusively(async () => {})
    await this.#guarded(() => this.#flush())
  }

  /** Runs `task` when everything appended is written and while nothing is being written or fsynced. */
  async exclusively<T>(task: () => Promise<T>): Promise<T> {
    return await this.#writes.run(async () => {
      await this.#writePending()
      if (this.#fault !== null) throw this.#fault
      return await this.#guarded(task)
    })
  }

  /** The log was cut or begun anew: nothing is pending, everything below `offset` is as durable as it was. */
  restartAt(offset: Offset): void {
    this.#writtenUpTo = offset
    this.#storedUpTo = offset
    this.#flushedUpTo = Math.min(this.#flushedUpTo, offset)
  }

  /** No timer outlives the log. */
  stop(): void {
    this.#flushTimer?.cancel()
    this.#flushTimer = null
  }

  /** Takes no further write; what waits is dropped. */
  fail(fault: DiskFault): void {
    if (this.#fault !== null) return
    this.#fault = fault
    this.stop()
    this.pending.drop()
    this.#onFault(fault)
  }

  async #begin(): Promise<void> {
    this.#isScheduled = false
    await this.#writePending()
  }

  async #writePending(): Promise<void> {
    try {
      while (!this.pending.isEmpty && this.#fault === null) {
        // Before the epoch's first batch: see EpochTable.
        if (this.#parts.epochs.isDirty) await this.#parts.epochs.write()
        const group = this.pending.take()
        try {
          await this.#write(group)
        } finally {
          this.pending.done(group)
        }
        if (this.#fault !== null) return
        await this.#written(group)
      }
    } catch (error) {
      ignoreFault(this.#failWith(error))
    }
  }

  async #write({ segment, buffers, bytes }: WriteGroup): Promise<void> {
    const { files, settings } = this.#parts
    const mode = segment.isCreated ? 'write' : 'create'
    await files.use(
      segment.path,
      async (file) => {
        if (!segment.isCreated && settings.preallocate) await file.truncate(settings.segmentBytes)
        await file.write(buffers, segment.writtenBytes)
      },
      mode,
    )
    segment.isCreated = true
    segment.writtenBytes += bytes
    segment.modifiedMs = this.#parts.clock.nowMs()
  }

  async #written({ segment, nextOffset, records }: WriteGroup): Promise<void> {
    if (segment.offsetIndex.pendingEntries >= indexEntriesWaiting) {
      await segment.offsetIndex.write(this.#parts.files)
      await segment.timeIndex.write(this.#parts.files)
    }
    const spilling = this.#parts.state.spill()
    if (spilling !== null) await spilling
    // Counted with nothing more to wait for: a fsync beside the writes that began meanwhile would take them for its own, and
    // they would be stored before it is done.
    this.#writtenUpTo = nextOffset
    this.#unflushedRecords += records
    if (segment.isSealed && segment.writtenBytes === segment.sizeBytes) this.flushSoon()
    if (this.#unflushedRecords >= this.#parts.settings.flushMessages) {
      await this.#guarded(() => this.#flush())
    } else {
      this.#armFlushTimer()
    }
    if (nextOffset > this.#storedUpTo) {
      this.#storedUpTo = nextOffset
      this.#events.stored(nextOffset)
    }
  }

  #armFlushTimer(): void {
    const { flushMs } = this.#parts.settings
    if (this.#flushTimer !== null || flushMs > longestTimerMs) return
    this.#flushTimer = this.#parts.clock.setTimer(flushMs, () => {
      this.#flushTimer = null
      this.flushSoon()
    })
  }

  #guarded<T>(task: () => Promise<T>): Promise<T> {
    return this.#flushes.run(async () => {
      if (this.#fault !== null) throw this.#fault
      try {
        return await task()
      } catch (error) {
        throw this.#failWith(error)
      }
    })
  }

  /** Fsyncs everything that is written by now, oldest segment first, so that `flushedUpTo` never passes a gap. */
  async #flush(): Promise<void> {
    this.#flushTimer?.cancel()
    this.#flushTimer = null
    const upTo = this.#writtenUpTo
    this.#unflushedRecords = 0
    const { segments, epochs } = this.#parts
    if (epochs.isDirty) await epochs.write()
    for (const segment of segments.from(Math.max(0, this.#flushedUpTo - 1))) {
      if (segment.isDeleted || segment.isFinished || !segment.isCreated) continue
      await this.#sync(segment)
    }
    if (upTo <= this.#flushedUpTo) return
    this.#flushedUpTo = upTo
    this.#events.flushed(upTo)
  }

  async #sync(segment: Segment): Promise<void> {
    const { files, disk, directory } = this.#parts
    const isLast = segment.isSealed && segment.writtenBytes === segment.sizeBytes
    const { writtenBytes } = segment
    try {
      await this.#writeAborts(segment)
      if (isLast) await this.#finish(segment)
      if (segment.syncedBytes < writtenBytes) {
        await files.use(segment.path, (file) => file.sync())
        segment.syncedBytes = writtenBytes
      }
      if (segment.isNameDurable) return
      await disk.syncDirectory(directory)
      segment.isNameDurable = true
    } catch (error) {
      // Its files went while they were synced: there is nothing left to be made durable.
      if (!segment.isDeleted) throw error
    }
  }

  async #finish(segment: Segment): Promise<void> {
    const { files, settings } = this.#parts
    await segment.snapshot
    await segment.offsetIndex.finish(files)
    await segment.timeIndex.finish(files)
    if (settings.preallocate) await files.use(segment.path, (file) => file.truncate(segment.writtenBytes))
    await files.use(segment.path, (file) => file.sync())
    segment.syncedBytes = segment.writtenBytes
    segment.isNameDurable = false
    segment.isFinished = true
  }

  async #writeAborts(segment: Segment): Promise<void> {
    if (segment.pendingAborts.length === 0) return
    const index = await openTransactionIndex(this.#parts, segment)
    for (let next = segment.pendingAborts[0]; next !== undefined; next = segment.pendingAborts[0]) {
      await index.append(next)
      segment.pendingAborts.shift()
    }
    await index.flush()
  }

  #failWith(error: unknown): unknown {
    if (error instanceof DiskFault) this.fail(error)
    return error
  }
}

/** The owner has been told of it by then; anything else is a broken invariant, which nobody catches. */
function ignoreFault(error: unknown): void {
  if (!(error instanceof DiskFault)) throw error
}
