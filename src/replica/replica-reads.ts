import type { AbortedTransaction } from '../log/aborted-transaction.ts'
import type { Log } from '../log/log.ts'
import type { LogSlice } from '../log/log-slice.ts'
import type { ReadMemory } from '../log/read-memory.ts'
import type { LeaderEpoch, Offset } from '../record/offset.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { ServePolicy, ServeView } from '../replication/serve/serve-policy.ts'
import type { LeadershipRefusal, ReadRefusal } from './refusal.ts'

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

/** A replica as its readers meet it, at one moment. */
export interface ReadView extends ServeView {
  readonly log: Log
  readonly serve: ServePolicy
  readonly epoch: LeaderEpoch
  readonly knownLeader: BrokerId | null
}

export function readReplica(view: ReadView, request: ReadRequest): ReadAnswer | ReadRefusal {
  const stale = epochRefusal(view, request.leaderEpoch)
  if (stale !== null) return stale
  const visible = visibleUpTo(view)
  if (typeof visible !== 'number') return visible
  const { log } = view
  const { logStartOffset } = log
  if (request.from < logStartOffset || request.from > visible) {
    // Beyond the watermark but within the log: a reader that came from the earlier leader; it only has to wait.
    const inLog = request.from > visible && request.from <= log.logEndOffset
    if (inLog) return nothingAt(log, visible)
    // A backup may be behind what its primary has answered: that comes back with the primary.
    if (!view.leads && request.from > visible) return { code: 'offset-not-available' }
    return { code: 'offset-out-of-range', logStartOffset, highWatermark: visible }
  }
  const lastStableOffset = log.lastStableOffset(visible)
  const upTo = request.committedTransactionsOnly ? lastStableOffset : visible
  const room = request.maxBytes > 0 || request.minOneBatch
  if (request.from >= upTo || !room) return { ...nothingAt(log, visible), lastStableOffset }
  const slice = log.read({ ...request, upTo })
  // Of what was read, and not of all that could be: a log may have had very many.
  const abortedUpTo = request.committedTransactionsOnly
    ? (end: Offset) => log.abortedTransactions(request.from, end)
    : noneAborted
  return { highWatermark: visible, lastStableOffset, logStartOffset, slice, abortedUpTo }
}

/** The end of the log for a consumer that asks for `latest`. */
export function latestOf(view: ReadView, options: { committedTransactionsOnly: boolean }): Offset | ReadRefusal {
  const latest = view.serve.latest(view)
  if (typeof latest !== 'number') return latest.code === 'not-leader' ? notLeader(view) : latest
  return options.committedTransactionsOnly ? view.log.lastStableOffset(latest) : latest
}

/** Null when the caller's epoch is this leader's (or not given). KIP-320. */
export function epochRefusal(view: ReadView, callers: LeaderEpoch): LeadershipRefusal | null {
  if (!view.leads) {
    const isServed = callers < 0 && typeof view.serve.visibleUpTo(view) === 'number'
    return isServed ? null : notLeader(view)
  }
  if (callers < 0 || callers === view.epoch) return null
  return callers < view.epoch ? { code: 'fenced-leader-epoch' } : { code: 'unknown-leader-epoch' }
}

/** Up to where consumers may read here, or why they may not. */
export function visibleUpTo(view: ReadView): Offset | ReadRefusal {
  const visible = view.serve.visibleUpTo(view)
  if (typeof visible === 'number') return visible
  return visible.code === 'not-leader' ? notLeader(view) : visible
}

function nothingAt(log: Log, visible: Offset): ReadAnswer {
  return {
    highWatermark: visible,
    lastStableOffset: log.lastStableOffset(visible),
    logStartOffset: log.logStartOffset,
    slice: null,
    abortedUpTo: noneAborted,
  }
}

const notLeader = ({ knownLeader: leader, epoch }: ReadView): LeadershipRefusal => {
  return { code: 'not-leader', leader, epoch }
}

const noneAborted = (): readonly AbortedTransaction[] => []
