import type { BatchHeader } from '../record/batch-header.ts'
import type { Offset, Position, Timestamp } from '../record/offset.ts'
import type { CompletedTransaction } from './producer-state.ts'

/** An entry of a log where it stands. */
export interface PlacedEntry {
  /** A view that holds during the call only. */
  readonly header: BatchHeader
  /** Base offset of its segment, and its place in that. */
  readonly segment: Offset
  readonly position: Position
  readonly nowMs: Timestamp
}

/**
 * What is known from a log's entries below `endOffset`, and kept beside them: a pure function of the log, so that it can be
 * made anew from it. It takes the entries in their order, in the same step as the log does.
 */
export interface LogState {
  /** All below has been taken in. */
  readonly endOffset: Offset
  /** Whether the entry can be the next that is taken: bytes from a disk may be anything, with a CRC that holds. */
  mayTake(header: BatchHeader): boolean
  /** The entry is in the log now. Returns the transaction that it has ended. */
  take(entry: PlacedEntry): CompletedTransaction | null
  /** The log holds nothing between the last entry and `offset`. */
  advanceTo(offset: Offset): void
  /**
   * After a start or a truncation: as near below `logEndOffset` as what was saved allows. The caller has it take the log's
   * entries from `endOffset` on.
   */
  reload(to: { logStartOffset: Offset; logEndOffset: Offset; nowMs: Timestamp; expirationMs: number }): Promise<void>
  /** Saves what is known at `endOffset`, as of the call; durable when resolved. */
  save(): Promise<void>
  /** Nothing is known: the log is empty and begins at `offset`. */
  beginAnew(offset: Offset): Promise<void>
  /** Writes what waits in memory, if that is much; null: it is not. */
  spill(): Promise<void> | null
  /** The log has these segments: what was saved at other offsets, but for the newest, is of no use. */
  segmentsAre(baseOffsets: readonly Offset[]): Promise<void>
  /** Whether the log may begin with the segment of that base offset: whatever is known below is saved there. */
  mayBeginAt(baseOffset: Offset): boolean
  /** That segment is gone from the beginning of the log. */
  segmentRemoved(baseOffset: Offset): Promise<void>
  /** The log begins there now. */
  beginsAt(logStartOffset: Offset): Promise<void>
  /** Lets go of its files. */
  close(): Promise<void>
}
