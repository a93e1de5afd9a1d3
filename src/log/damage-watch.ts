import type { Offset } from '../record/offset.ts'
import { DiskFault } from '../runtime/disk.ts'
import { checkBatches, damageAt, surePlaceBefore } from './damage-search.ts'
import type { DamagedRange } from './damaged-ranges.ts'
import { BadBatch } from './disk-reader.ts'
import type { LogParts } from './log-parts.ts'
import type { Segment } from './segment.ts'
import type { BatchPlace } from './segment-loader.ts'

/** What the log does for whoever looks for damage in it. */
interface WatchedLog {
  readonly parts: LogParts
  /** Runs `task` with everything written, while no segments come or go. Rejects when the log takes no changes any more. */
  undisturbed<T>(task: () => Promise<T>): Promise<T>
  /** Raised whenever the log was cut or begun anew. */
  cuts(): number
  writtenUpTo(): Offset
  isClosed(): boolean
  /** Its owner is to know. */
  damaged(range: DamagedRange): void
  /** The log takes nothing more until it is opened again. */
  fail(fault: DiskFault): void
}

/** How far a check of a whole log has come. */
export interface CheckCursor {
  readonly segment: Segment
  readonly place: BatchPlace
  readonly cuts: number
}

/** Finds damage in an open log, by reads that meet it and by checks of everything, and notes it. */
export class DamageWatch {
  readonly #log: WatchedLog

  constructor(log: WatchedLog) {
    this.#log = log
  }

  /** Does a read of `from`: what it finds damaged is noted, and what is good all the same is read again. */
  async around<T>(read: () => Promise<T>, from: Offset): Promise<T> {
    const { damage } = this.#log.parts
    for (;;) {
      const known = damage.all
      try {
        return await read()
      } catch (error) {
        if (!(error instanceof BadBatch)) throw error
        await this.met(error.segment, from)
        if (damage.all === known) throw error
      }
    }
  }

  /** A read of `from` has met bytes in the segment that are no good batch: what is damaged there is noted when this resolves. */
  async met(segment: Segment, from: Offset): Promise<void> {
    const { parts } = this.#log
    const range = await this.#undisturbed(async () => {
      if (segment.isDeleted) return null
      const start = await surePlaceBefore(parts, segment, from)
      const { place, end } = await checkBatches(parts, segment, start, this.#within(Number.MAX_SAFE_INTEGER))
      return end === 'bad' ? await this.#note(segment, place) : null
    })
    if (range !== null) this.#log.damaged(range)
  }

  /**
   * Checks about `sliceBytes` of the log, from where the last check has ended (null: from its beginning), and notes what is
   * damaged. Resolves with where to go on; null: at the end, or nothing can be checked now. Rejects with a `DiskFault`.
   */
  async check(cursor: CheckCursor | null, sliceBytes: number): Promise<CheckCursor | null> {
    if (this.#log.isClosed()) return null
    const at = this.#isValid(cursor) ? cursor : await this.#begin(cursor)
    if (at === null) return null
    const { parts } = this.#log
    const { segment, cuts } = at
    try {
      const { place, end } = await checkBatches(parts, segment, at.place, this.#within(sliceBytes))
      if (end === 'slice') return { segment, place, cuts }
      if (end === 'bad') return await this.#confirm({ segment, place, cuts })
    } catch (error) {
      if (!segment.isDeleted && !this.#log.isClosed()) throw error
    }
    return await this.#begin(at)
  }

  #within(sliceBytes: number): { sliceBytes: number; logEndOffset: Offset } {
    return { sliceBytes, logEndOffset: this.#log.writtenUpTo() }
  }

  #isValid(cursor: CheckCursor | null): cursor is CheckCursor {
    return cursor !== null && !cursor.segment.isDeleted && cursor.cuts === this.#log.cuts()
  }

  /** At the beginning of the first segment behind that of the cursor. */
  async #begin(cursor: CheckCursor | null): Promise<CheckCursor | null> {
    const { parts } = this.#log
    const { segments, logStartOffset } = parts
    const after = cursor === null ? -1 : cursor.segment.baseOffset
    const segment = segments.from(logStartOffset).find(({ baseOffset }) => baseOffset > after)
    if (segment === undefined || !segment.isCreated) return null
    await this.#mustBeThere(segment)
    return { segment, place: { position: 0, expected: segment.baseOffset }, cuts: this.#log.cuts() }
  }

  /** An open file outlives its name: what is written to it goes when it is closed. */
  async #mustBeThere(segment: Segment): Promise<void> {
    const { disk } = this.#log.parts
    try {
      await disk.stat(segment.path)
    } catch (error) {
      const isGone = error instanceof DiskFault && error.code === 'ENOENT'
      if (isGone && !segment.isDeleted && !this.#log.isClosed()) this.#log.fail(error)
      throw error
    }
  }

  /** Looks again with the log standing still: it may have been cut, or compacted, while it was read. */
  async #confirm({ segment, place, cuts }: CheckCursor): Promise<CheckCursor | null> {
    const range = await this.#undisturbed(async () => {
      if (segment.isDeleted || cuts !== this.#log.cuts()) return null
      const again = await checkBatches(this.#log.parts, segment, place, this.#within(1))
      // Bad, and nobody can tell how far: where an offset has leapt ahead within a gap.
      return again.end === 'bad' ? ((await this.#note(segment, again.place)) ?? undefined) : null
    })
    if (range === undefined) return await this.#begin({ segment, place, cuts })
    if (range === null) return { segment, place, cuts }
    this.#log.damaged(range)
    return { segment, place: { position: range.endPosition, expected: range.upTo }, cuts }
  }

  async #note(segment: Segment, bad: BatchPlace): Promise<DamagedRange | null> {
    const { parts } = this.#log
    const range = await damageAt(parts, segment, bad, this.#log.writtenUpTo())
    if (range === null) return null
    parts.logger.error({ path: segment.path, ...range }, 'a part of the log is damaged and is not served')
    await parts.damage.add(range)
    return range
  }

  /** A disk that cannot be read, or not take the note, fails the search and not the log. */
  async #undisturbed<T>(task: () => Promise<T>): Promise<T> {
    const done = await this.#log.undisturbed(() => task().catch(faultOf))
    if (done instanceof DiskFault) throw done
    return done
  }
}

function faultOf(error: unknown): DiskFault {
  if (error instanceof DiskFault) return error
  throw error
}
