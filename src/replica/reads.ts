import type { AbortedTransaction } from '../log/aborted-transaction.ts'
import type { Log } from '../log/log.ts'
import type { LogSlice } from '../log/log-slice.ts'
import type { ReadMemory } from '../log/read-memory.ts'
import type { LeaderEpoch, Offset } from '../record/offset.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { Scheme } from '../replication/schemes.ts'
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

/** A replica as those meet it who read from it. */
export interface ReadReplica {
  readonly log: Log
  readonly scheme: Scheme
  readonly leads: boolean
  readonly knownLeader: BrokerId | null
  readonly epoch: LeaderEpoch
  readonly epochStart: Offset
  readonly highWatermark: Offset
}

/** What the replica has from an offset on, for a consumer. */
export function readFrom(replica: ReadReplica, request: ReadRequest): ReadAnswer | ReadRefusal {
  const stale = epochRefusal(replica, request.leaderEpoch)
  if (stale !== null) return stale
  const visible = visibleUpTo(replica)
  if (typeof visible !== 'number') return visible
  const { log } = replica
  const { logStartOffset } = log
  if (request.from < logStartOffset || request.from > visible) {
    // Beyond the watermark but within the log: a reader that came from the earlier leader; it only has to wait.
    const inLog = request.from > visible && request.from <= log.logEndOffset
    if (inLog) return nothingAt(log, visible)
    // A backup may be behind what its primary has answered: that comes back with the primary.
    if (!replica.leads && request.from > visible) return { code: 'offset-not-available' }
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
export function latestOf(replica: ReadReplica, options: { committedTransactionsOnly: boolean }): Offset | ReadRefusal {
  const latest = replica.scheme.serve.latest(serveView(replica))
  if (typeof latest !== 'number') return readRefusal(replica, latest)
  return options.committedTransactionsOnly ? replica.log.lastStableOffset(latest) : latest
}

/** Null when the caller's epoch is this leader's (or not given). KIP-320. */
export function epochRefusal(replica: ReadReplica, callers: LeaderEpoch): LeadershipRefusal | null {
  const { leads, epoch, scheme } = replica
  if (!leads) {
    const isServed = callers < 0 && typeof scheme.serve.visibleUpTo(serveView(replica)) === 'number'
    return isServed ? null : notLeader(replica)
  }
  if (callers < 0 || callers === epoch) return null
  return callers < epoch ? { code: 'fenced-leader-epoch' } : { code: 'unknown-leader-epoch' }
}

/** The end of what a consumer may see. */
export function visibleUpTo(replica: ReadReplica): Offset | ReadRefusal {
  const visible = replica.scheme.serve.visibleUpTo(serveView(replica))
  return typeof visible === 'number' ? visible : readRefusal(replica, visible)
}

function serveView({ leads, knownLeader, highWatermark, log, epochStart }: ReadReplica) {
  return { leads, isLed: knownLeader !== null, highWatermark, storedUpTo: log.storedUpTo, epochStart }
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

function readRefusal(
  replica: ReadReplica,
  refusal: { code: 'not-leader' } | { code: 'offset-not-available' },
): ReadRefusal {
  return refusal.code === 'not-leader' ? notLeader(replica) : refusal
}

function notLeader({ knownLeader: leader, epoch }: ReadReplica): LeadershipRefusal {
  return { code: 'not-leader', leader, epoch }
}

const noneAborted = (): readonly AbortedTransaction[] => []
