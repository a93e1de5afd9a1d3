import type { AbortedTransaction } from '../log/aborted-transaction.ts'
import type { LogReadRequest } from '../log/disk-reader.ts'
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

/** The leader epoch that a caller believes in. */
export type EpochBelieved = Pick<ReadRequest, 'leaderEpoch' | 'mayBeNear'>

export interface ReadRequest {
  readonly from: Offset
  readonly maxBytes: number
  /** Give the first batch even if it is larger than `maxBytes`, so that the reader gets on. */
  readonly minOneBatch: boolean
  readonly committedTransactionsOnly: boolean
  /** The leader epoch that the caller believes in; -1: it doesn't say. */
  readonly leaderEpoch: LeaderEpoch
  /** The caller may have been sent to a replica near to it, which need not lead. Default false. */
  readonly mayBeNear?: boolean
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

/** What the replica is at the moment. */
export interface ReadState extends ServeView {
  readonly epoch: LeaderEpoch
  readonly knownLeader: BrokerId | null
  readonly serve: ServePolicy
}

/** Up to where a consumer may read: as much as the replica's scheme serves, in the epoch that the consumer believes in. */
export function visibleTo(state: ReadState, request: EpochBelieved): Offset | ReadRefusal {
  const { leaderEpoch, mayBeNear = false } = request
  return epochFault(state, leaderEpoch, { mayBeNear }) ?? visibleUpTo(state, { mayBeNear })
}

/** What a consumer gets of a log that is read by the offsets that it is replicated by. */
export function readVisible(log: ReadableLog, state: ReadState, request: ReadRequest): ReadAnswer | ReadRefusal {
  const visible = visibleTo(state, request)
  return typeof visible === 'number' ? readUpTo(log, request, { visible, leads: state.leads }) : visible
}

/** What a consumer gets that may read up to `visible`: whole batches. */
export function readUpTo(
  log: ReadableLog,
  request: ReadRequest,
  { visible, leads }: { visible: Offset; leads: boolean },
): ReadAnswer | ReadRefusal {
  const { logStartOffset } = log
  if (request.from < logStartOffset || request.from > visible) {
    // Beyond the watermark but within the log: a reader that came from another replica; it only has to wait.
    const inLog = request.from > visible && request.from <= log.logEndOffset
    if (inLog) return nothingAt(log, visible)
    // Another replica may be behind what the leader has answered, or know of less: that comes.
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

/** The end of the log for a consumer that asks for `latest`. */
export function latestOf(
  log: ReadableLog,
  state: ReadState,
  options: { committedTransactionsOnly: boolean },
): Offset | ReadRefusal {
  const latest = state.serve.latest(state)
  if (typeof latest !== 'number') return refusalOf(latest, state)
  return options.committedTransactionsOnly ? log.lastStableOffset(latest) : latest
}

/** Null when the caller's epoch is this replica's (or not given), and it serves whoever asks. KIP-320. */
export function epochFault(
  state: ReadState,
  callers: LeaderEpoch,
  { mayBeNear }: { mayBeNear: boolean },
): LeadershipRefusal | null {
  if (!state.leads) {
    const isServed = typeof visibleIn(state, mayBeNear) === 'number'
    // Where nobody leads no epoch can be compared.
    if (!isServed || (callers >= 0 && !(mayBeNear && state.isLed))) return notLeader(state)
  }
  if (callers < 0 || callers === state.epoch) return null
  return callers < state.epoch ? { code: 'fenced-leader-epoch' } : { code: 'unknown-leader-epoch' }
}

export function visibleUpTo(state: ReadState, { mayBeNear }: { mayBeNear: boolean }): Offset | ReadRefusal {
  const visible = visibleIn(state, mayBeNear)
  return typeof visible === 'number' ? visible : refusalOf(visible, state)
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

const visibleIn = (state: ReadState, mayBeNear: boolean): ReturnType<ServePolicy['visibleUpTo']> =>
  mayBeNear ? state.serve.nearVisibleUpTo(state) : state.serve.visibleUpTo(state)

export const notLeader = ({ knownLeader: leader, epoch }: ReadState): LeadershipRefusal => ({
  code: 'not-leader',
  leader,
  epoch,
})

function refusalOf(refusal: { code: 'not-leader' } | { code: 'offset-not-available' }, state: ReadState): ReadRefusal {
  return refusal.code === 'not-leader' ? notLeader(state) : refusal
}

const noneAborted = (): readonly AbortedTransaction[] => []
