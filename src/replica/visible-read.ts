import type { AbortedTransaction } from '../log/aborted-transaction.ts'
import type { LogReadRequest } from '../log/disk-reader.ts'
import type { LogSlice } from '../log/log-slice.ts'
import type { ReadMemory } from '../log/read-memory.ts'
import type { LeaderEpoch, Offset } from '../record/offset.ts'
import type { ReadRefusal } from './refusal.ts'

/** What a read gave: where the log stands and, unless there is nothing at `from`, a slice that must be released. */
export interface ReadAnswer {
  readonly highWatermark: Offset
  readonly lastStableOffset: Offset
  readonly logStartOffset: Offset
  readonly slice: LogSlice | Promise<LogSlice> | null
  /** Aborted transactions with records between what was asked for and `upTo`, the slice's end; `read_committed` only. */
  abortedUpTo(upTo: Offset): readonly AbortedTransaction[]
}

export interface ReadRequest {
  readonly from: Offset
  readonly maxBytes: number
  /** Give the first batch even if it is larger than `maxBytes`, so that the reader gets on. */
  readonly minOneBatch: boolean
  readonly committedTransactionsOnly: boolean
  /** The leader epoch that the caller believes in; -1: it doesn't say. */
  readonly leaderEpoch: LeaderEpoch
  /** What reads from disk are counted in. */
  readonly memory?: ReadMemory
}

/** What consumers read: the log of a partition, or a queue of a commit log. */
export interface ReadableLog {
  readonly logStartOffset: Offset
  readonly logEndOffset: Offset
  lastStableOffset(highWatermark: Offset): Offset
  read(request: LogReadRequest): LogSlice | Promise<LogSlice>
  abortedTransactions(from: Offset, upTo: Offset): readonly AbortedTransaction[]
}

/** Reads what may be shown: whole batches below `visible`. */
export function readVisible(
  log: ReadableLog,
  request: ReadRequest,
  { visible, leads }: { visible: Offset; leads: boolean },
): ReadAnswer | ReadRefusal {
  const { logStartOffset } = log
  if (request.from < logStartOffset || request.from > visible) {
    // Beyond the watermark but within the log: a reader that came from the earlier leader; it only has to wait.
    const inLog = request.from > visible && request.from <= log.logEndOffset
    if (inLog) return nothingAt(log, visible)
    // A backup may be behind what its primary has answered: that comes back with the primary.
    if (!leads && request.from > visible) return { code: 'offset-not-available' }
    return { code: 'offset-out-of-range', logStartOffset, highWatermark: visible }
  }
  const lastStableOffset = log.lastStableOffset(visible)
  const upTo = request.committedTransactionsOnly ? lastStableOffset : visible
  const room = request.maxBytes > 0 || request.minOneBatch
  if (request.from >= upTo || !room) {
    return { highWatermark: visible, lastStableOffset, logStartOffset, slice: null, abortedUpTo: noneAborted }
  }
  const slice = log.read({ ...request, upTo })
  // Of what was read, and not of all that could be: a log may have had very many.
  const abortedUpTo = request.committedTransactionsOnly
    ? (end: Offset) => log.abortedTransactions(request.from, end)
    : noneAborted
  return { highWatermark: visible, lastStableOffset, logStartOffset, slice, abortedUpTo }
}

function nothingAt(log: ReadableLog, visible: Offset): ReadAnswer {
  return {
    highWatermark: visible,
    lastStableOffset: log.lastStableOffset(visible),
    logStartOffset: log.logStartOffset,
    slice: null,
    abortedUpTo: noneAborted,
  }
}

const noneAborted = (): readonly AbortedTransaction[] => []
