import type { BatchHeader } from '../record/batch-header.ts'
import type { Offset, Position } from '../record/offset.ts'
import { fitsBehind, isNext } from './batch-fit.ts'
import { walkBatches } from './batch-walk.ts'
import { nextGood } from './damage-search.ts'
import type { DamagedRange } from './damaged-ranges.ts'
import { entryFacts } from './entry-format.ts'
import { gapsAllowed, type LogParts } from './log-parts.ts'
import type { Segment } from './segment.ts'
import { removeSegment } from './segment-removal.ts'
import { openTransactionIndex, replayState, walkAndSpill } from './segment-loader.ts'

/** What the start of a log found and did. */
export interface RecoveryReport {
  /** Bytes whose CRCs were checked; 0 after a clean shutdown. */
  readonly scannedBytes: number
  /** Bytes taken off the end: a torn write, or after a power cut what followed a write that never reached the disk. */
  readonly cutBytes: number
  /** First offset that went with them; null: nothing was cut. */
  readonly cutFrom: Offset | null
  /** What was cut was no write that a kill has torn: it was whole once, and may have been acknowledged. */
  readonly cutDamage: boolean
  /** The cut went below what the recovery point says was fsynced: the disk has lost what it promised to keep. */
  readonly lostFlushed: boolean
  readonly rebuiltIndexes: number
  /** Bad bytes with good batches behind them. Kept, refused to readers, to be repaired from another replica. */
  readonly damage: readonly DamagedRange[]
}

export const nothingRecovered: RecoveryReport = {
  scannedBytes: 0,
  cutBytes: 0,
  cutFrom: null,
  cutDamage: false,
  lostFlushed: false,
  rebuiltIndexes: 0,
  damage: [],
}

/**
 * Recovery of one log that was not closed cleanly: from the segment with the recovery point on, every batch is checked
 * (CRC, offsets without a gap, epoch as the epoch table says) and indexes, epochs and producer state are made anew.
 *
 * Where bytes are bad: nothing good behind them means a torn write, which is cut. Good batches behind them mean damage,
 * which is kept and reported; only what lies above the recovery point after a power cut is cut all the same, because
 * unsynced pages reach a disk in any order and a log has no holes.
 */
export class LogRecovery {
  readonly #parts: LogParts
  readonly #recoveryPoint: Offset
  readonly #powerCut: boolean
  readonly #checksEpochs: boolean
  readonly #damage: DamagedRange[] = []
  #expected: Offset = 0
  #scannedBytes = 0
  #cutBytes = 0
  #cutFrom: Offset | null = null
  #cutDamage = false
  #rebuiltIndexes = 0

  constructor(parts: LogParts, options: { recoveryPoint: Offset; powerCut: boolean; epochsAreKnown: boolean }) {
    this.#parts = parts
    this.#recoveryPoint = options.recoveryPoint
    this.#powerCut = options.powerCut
    this.#checksEpochs = options.epochsAreKnown
  }

  /** Resolves with the report and the offset at which the log ends now. */
  async run(): Promise<{ report: RecoveryReport; logEndOffset: Offset }> {
    const { segments, damage } = this.#parts
    // The segment that ends at the recovery point too: its indexes may not have been finished.
    const first = segments.floor(this.#checksEpochs ? Math.max(0, this.#recoveryPoint - 1) : 0)
    const scanned = segments.from(first.baseOffset)
    await this.#loadState(first.baseOffset)
    await damage.replaceFrom(first.baseOffset, [])
    this.#expected = first.baseOffset
    for (const segment of scanned) {
      await this.#missingBefore(segment)
      if (this.#cutFrom !== null) break
      await this.#recover(segment)
      if (this.#cutFrom !== null) break
    }
    if (this.#cutFrom !== null) await this.#removeAbove(this.#cutFrom)
    segments.active.isSealed = false
    segments.active.isFinished = false
    await damage.replaceFrom(first.baseOffset, this.#damage)
    this.#parts.state.advanceTo(this.#expected)
    return { report: this.#report(), logEndOffset: this.#expected }
  }

  #report(): RecoveryReport {
    return {
      scannedBytes: this.#scannedBytes,
      cutBytes: this.#cutBytes,
      cutFrom: this.#cutFrom,
      cutDamage: this.#cutDamage,
      lostFlushed: this.#expected < this.#recoveryPoint,
      rebuiltIndexes: this.#rebuiltIndexes,
      damage: this.#damage,
    }
  }

  async #loadState(upTo: Offset): Promise<void> {
    const { state, clock, logStartOffset, producerStateExpiryMs: expirationMs } = this.#parts
    const nowMs = clock.nowMs()
    await state.reload({
      logStartOffset: Math.min(logStartOffset, upTo),
      logEndOffset: upTo,
      nowMs,
      expirationMs,
    })
    await replayState(this.#parts, upTo)
  }

  /** Offsets between the end of the segment before and this one: a part of that file is gone. */
  async #missingBefore(segment: Segment): Promise<void> {
    const expected = this.#expected
    if (segment.baseOffset <= expected || gapsAllowed(this.#parts)) {
      this.#expected = Math.max(expected, segment.baseOffset)
      return
    }
    if (this.#powerCut && expected >= this.#recoveryPoint) {
      this.#cutFrom = expected
      return
    }
    const before = this.#parts.segments.floor(segment.baseOffset - 1)
    this.#addDamage(before, { position: before.sizeBytes, endPosition: before.sizeBytes, upTo: segment.baseOffset })
  }

  async #recover(segment: Segment): Promise<void> {
    const { files } = this.#parts
    const fileBytes = await files.use(segment.path, (file) => file.size())
    await this.#beginAnew(segment)
    this.#scannedBytes += fileBytes
    let position = 0
    while (position < fileBytes) {
      const { stoppedAt, end } = await this.#takeIn(segment, position, fileBytes)
      segment.sizeBytes = stoppedAt
      if (end === 'end') break
      const next = await this.#nextGood(segment, stoppedAt, fileBytes)
      if (next === null) {
        await this.#cut(segment, stoppedAt, fileBytes)
        break
      }
      this.#addDamage(segment, { position: stoppedAt, endPosition: next.position, upTo: next.upTo })
      segment.sizeBytes = next.position
      position = next.position
    }
    segment.writtenBytes = segment.sizeBytes
    segment.isLoaded = true
    await this.#writeIndexes(segment)
    this.#rebuiltIndexes++
  }

  /** Those of the newest segment wait in memory, as they do while it is appended to: they are durable once it is rolled. */
  async #writeIndexes(segment: Segment): Promise<void> {
    const { files, segments } = this.#parts
    if (segment === segments.active) {
      await segment.offsetIndex.write(files)
      await segment.timeIndex.write(files)
    } else {
      segment.addTimeEntry()
      await segment.offsetIndex.finish(files)
      await segment.timeIndex.finish(files)
    }
  }

  async #beginAnew(segment: Segment): Promise<void> {
    segment.reset(0)
    segment.offsetIndex.clear()
    segment.timeIndex.clear()
    segment.syncedBytes = 0
    await segment.transactions?.clear()
  }

  async #takeIn(segment: Segment, from: Position, upTo: Position) {
    const { files, format } = this.#parts
    return await walkAndSpill(this.#parts.state, from, (begin, isFull) =>
      files.use(segment.path, (file) => {
        const walk = { file, format, from: begin, upTo, checkCrc: true, buffers: files.buffers }
        return walkBatches(walk, (header, position) => {
          if (!this.#fits(header) || isFull()) return false
          segment.sizeBytes = position
          segment.note(entryFacts(format, header), this.#parts.settings.indexIntervalBytes)
          this.#takeInState(segment, header, position)
          return true
        })
      }),
    )
  }

  #takeInState(segment: Segment, header: BatchHeader, position: Position): void {
    const { epochs, state, clock } = this.#parts
    const { baseOffset } = header
    this.#expected = header.nextOffset
    if (!this.#checksEpochs) epochs.note(header.partitionLeaderEpoch, baseOffset)
    if (baseOffset < state.endOffset) return
    const ended = state.take({ header, segment: segment.baseOffset, position, nowMs: clock.nowMs() })
    if (ended?.aborted === true) segment.abortPends(ended)
  }

  /** Offset and epoch stand outside of the CRC: they must be what they can only be. */
  #fits(header: BatchHeader): boolean {
    const { baseOffset, partitionLeaderEpoch } = header
    if (!isNext(this.#expected, baseOffset, this.#parts)) return false
    if (baseOffset >= this.#parts.state.endOffset && !this.#parts.state.mayTake(header)) return false
    if (this.#checksEpochs) return fitsBehind(this.#expected, header, this.#parts)
    return partitionLeaderEpoch < 0 || partitionLeaderEpoch >= this.#parts.epochs.lastEpoch
  }

  /** Where good batches begin again behind bad bytes; null: nowhere, or what is there is to be cut. */
  async #nextGood(
    segment: Segment,
    position: Position,
    fileBytes: number,
  ): Promise<{ position: Position; upTo: Offset } | null> {
    if (this.#powerCut && this.#expected >= this.#recoveryPoint) return null
    const found = await nextGood(this.#parts, segment, { position, expected: this.#expected }, fileBytes)
    if (found !== null) return { position: found.position, upTo: found.baseOffset }
    const following = this.#parts.segments.next(segment)
    return following === null || following.writtenBytes === 0
      ? null
      : // Not back, where a file that somebody has put there begins below what the ones before it hold.
        { position: fileBytes, upTo: Math.max(following.baseOffset, this.#expected) }
  }

  #addDamage(segment: Segment, damaged: { position: Position; endPosition: Position; upTo: Offset }): void {
    const range = { from: this.#expected, segmentBaseOffset: segment.baseOffset, ...damaged }
    this.#damage.push(range)
    this.#expected = damaged.upTo
    this.#parts.logger.error({ path: segment.path, ...range }, 'a part of the log is damaged and is not served')
  }

  async #cut(segment: Segment, position: Position, fileBytes: number): Promise<void> {
    // Where the next segment goes on with the very next offset no batch was in these bytes: the log does not end here.
    if (this.#parts.segments.next(segment)?.baseOffset !== this.#expected) this.#cutFrom = this.#expected
    this.#cutBytes += fileBytes - position
    this.#cutDamage = !this.#powerCut && !(await this.#isTorn(segment, position, fileBytes))
    await this.#parts.files.use(segment.path, async (file) => {
      await file.truncate(position)
      await file.sync()
    })
  }

  /** A kill leaves a beginning of what was being written; behind it, where room is reserved, are zeros. */
  async #isTorn(segment: Segment, position: Position, fileBytes: number): Promise<boolean> {
    const { files, format, settings } = this.#parts
    const header = Buffer.alloc(Math.min(format.headerBytes, fileBytes - position))
    await files.use(segment.path, (file) => file.read(header, position))
    if (settings.preallocate || header.length < format.headerBytes || header.every((byte) => byte === 0)) return true
    const size = format.plausibleSize(header, 0)
    return size !== null && size > fileBytes - position
  }

  async #removeAbove(offset: Offset): Promise<void> {
    for (const segment of [...this.#parts.segments.all].reverse()) {
      if (segment.baseOffset <= offset) break
      this.#cutBytes += segment.sizeBytes
      await removeSegment(this.#parts, segment)
    }
  }
}

/** Brings abort markers that were found into the segments' transaction indexes. */
export async function writeFoundAborts(parts: LogParts): Promise<void> {
  for (const segment of parts.segments.all) {
    if (segment.pendingAborts.length === 0) continue
    const index = await openTransactionIndex(parts, segment)
    for (const ended of segment.pendingAborts) await index.append(ended)
    segment.pendingAborts = []
  }
}
