import type { Offset } from '../../record/offset.ts'
import { DiskFault } from '../../runtime/disk.ts'
import { invariant } from '../../runtime/invariant.ts'
import type { LogParts } from '../log-parts.ts'
import type { Segment } from '../segment.ts'
import { loadSegment } from '../segment-loader.ts'
import { SegmentGone } from '../segment-use.ts'
import type { SerialQueue } from '../serial-queue.ts'
import { type Cleanable, cleanablePart } from './cleanable.ts'
import { type Compaction, type CompactionReport, compactLog } from './compact-log.ts'
import { CompactionPace, CompactionStopped } from './compaction-pace.ts'
import { commitSwap, completeSwap } from './segment-swap.ts'

/** What the log does for its compactions. */
export interface CompactedLog {
  readonly parts: LogParts
  /** Changes of segments that are not written to any more: one at a time. */
  readonly rearrangements: SerialQueue
  /** The log is open, has not failed, and is not being cut. */
  isAtRest(): boolean
  /** Segments below `upTo` stand otherwise on the disk now, in so many bytes more (or less: negative). */
  swapped(upTo: Offset, moreBytes: number): void
  /** The log takes nothing more until it is opened again. */
  fail(fault: DiskFault): void
}

export interface CompactionRequest extends Pick<Compaction, 'part' | 'memory' | 'committedUpTo' | 'replicatedUpTo'> {
  /** Read and written, at most (`log.cleaner.io.max.bytes.per.second`). */
  readonly bytesPerSecond: number
  /** Asked now and then: true has it end early. A log that is closed ends it by itself. */
  isStopped(): boolean
}

/** The compactions of one log, one at a time, beside its appends and reads. */
export class LogCompactions {
  readonly #log: CompactedLog
  #running: Promise<unknown> | null = null

  constructor(log: CompactedLog) {
    this.#log = log
  }

  /** First offset that no compaction has seen; null: the log has never been compacted. */
  get cleanedUpTo(): Offset | null {
    return this.#log.parts.cleanedUpTo
  }

  /** What may be compacted now of what lies below `stableUpTo`; null: the topic is not compacted, or the log takes no changes. */
  async cleanable(stableUpTo: Offset): Promise<Cleanable | null> {
    const { parts } = this.#log
    const { segments, clock, damage } = parts
    for (;;) {
      const rule = parts.settings.compaction ?? null
      if (rule === null || !this.#log.isAtRest()) return null
      const found = cleanablePart(segments.all, rule, {
        firstDirty: Math.max(this.cleanedUpTo ?? 0, parts.logStartOffset),
        // What is damaged has to be repaired, not compacted.
        stableUpTo: Math.min(stableUpTo, damage.all[0]?.segmentBaseOffset ?? Number.POSITIVE_INFINITY),
        nowMs: clock.nowMs(),
      })
      if ('ratio' in found) return found
      await loadSegment(parts, found).catch((error: unknown) => {
        if (!found.isDeleted) throw error
      })
    }
  }

  /** Notes that the log is compacted, before it first is: a start then takes gaps for what they are. See `cleanedUpTo`. */
  begin(): void {
    this.#log.parts.cleanedUpTo ??= this.#log.parts.logStartOffset
  }

  /**
   * Compacts a part that `cleanable` gave, while appends and reads go on. What is done when it ends early stays done. Rejects
   * with `CompactionStopped`, a `LogReadFault` or a `DiskFault`; the log itself has failed only if it says so.
   */
  async run(how: CompactionRequest): Promise<CompactionReport> {
    const { parts, rearrangements } = this.#log
    const rule = parts.settings.compaction ?? null
    const before = this.cleanedUpTo
    invariant(rule !== null && before !== null, 'a log is compacted that is not to be', how.part)
    invariant(this.#running === null, 'a log is compacted twice at once', how.part)
    const swap = (old: readonly Segment[], cleaned: Segment) => rearrangements.run(() => this.#swap(old, cleaned))
    const isStopped = (): boolean => how.isStopped() || !this.#log.isAtRest()
    const pace = new CompactionPace({ clock: parts.clock, bytesPerSecond: how.bytesPerSecond, isStopped })
    const running = compactLog(parts, { ...how, rule, pace, swap })
    this.#running = running.catch(() => {})
    try {
      const report = await running
      if (!this.#log.isAtRest() || this.cleanedUpTo !== before) throw changed()
      parts.cleanedUpTo = report.cleanedUpTo
      return report
    } catch (error) {
      // A segment that went while it was read is a reason to stop, and no fault.
      throw error instanceof SegmentGone ? changed() : error
    } finally {
      this.#running = null
    }
  }

  /** Resolves when none is running: soon, when the log is not at rest any more. */
  async ended(): Promise<void> {
    await this.#running
  }

  /** The log ends at `offset` now. */
  cutAt(offset: Offset): void {
    const { parts } = this.#log
    if (parts.cleanedUpTo !== null) parts.cleanedUpTo = Math.min(parts.cleanedUpTo, offset)
  }

  /** Beside the writes: only reads of these very segments wait. */
  async #swap(old: readonly Segment[], cleaned: Segment): Promise<void> {
    const { parts } = this.#log
    const { segments, snapshots } = parts
    if (!this.#log.isAtRest() || old.some(({ isDeleted }) => isDeleted)) throw changed()
    try {
      await commitSwap(parts, cleaned)
      segments.replace(old, cleaned)
      cleaned.takeFinalNames()
      const bytes = old.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
      this.#log.swapped(segments.next(cleaned)?.baseOffset ?? 0, cleaned.sizeBytes - bytes)
      await completeSwap(parts, { old, cleaned })
      for (const { baseOffset } of old.slice(1)) await snapshots.remove(baseOffset)
    } catch (error) {
      // How far it came is for the next start to find out: until then no file here may change.
      if (error instanceof DiskFault) this.#log.fail(error)
      throw error
    }
  }
}

function changed(): CompactionStopped {
  return new CompactionStopped('the log has changed')
}
