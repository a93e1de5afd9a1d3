import { prepareCodec } from '../codec/compression.ts'
import { codecsOf, mustBeOpened, openBatch, type OpeningRules } from '../record/batch-opening.ts'
import { type BatchRefusal, isRefusal, type ValidatedBatches, validateBatches } from '../record/batch-validation.ts'
import type { Offset, Timestamp } from '../record/offset.ts'
import type { AppendRefusal } from '../replica/refusal.ts'
import type { Appended } from '../replica/appended.ts'
import type { ServedPartition } from '../replica/served-partition.ts'
import type { Clock } from '../runtime/clock.ts'
import { inTurn, someWait } from './append-turns.ts'

/** A record batch is in the log, as safe as was asked for. */
export interface AppendDone {
  readonly baseOffset: Offset
  /** -1 where the producer's timestamps stand. */
  readonly logAppendTime: Timestamp
  readonly logStartOffset: Offset
}

export type AppendOutcome =
  | AppendDone
  | AppendRefusal
  | BatchRefusal
  | { code: 'unknown-partition' | 'not-hosted' | 'internal-topic' }
  /** It is in the log, but was not as safe as asked for within the time given. It may yet become so. */
  | { code: 'timed-out' | 'not-enough-replicas-after-append' }

export interface AppendRequest {
  readonly replica: ServedPartition
  /** The caller's bytes; free again when the call returns. */
  readonly batches: Uint8Array
  /** 1: answered when the leader has stored it; -1: when it is committed; 0: not answered, but memory is held until it is stored. */
  readonly acks: number
  readonly timeoutMs: number
  readonly rules: OpeningRules
  /** Largest segment (`segment.bytes`). */
  readonly segmentBytes: number
}

/**
 * Checks a client's batch and gives it its place in the log before it returns; the outcome comes when the batch is as
 * safe as `acks` asks. Where a codec has to be loaded first, the place is taken later, in the order of the calls.
 */
export function appendBatch(clock: Clock, request: AppendRequest): AppendOutcome | Promise<AppendOutcome> {
  const { replica, rules } = request
  const batches = validateBatches(request.batches, rules)
  if (isRefusal(batches)) return batches
  // No transaction can be open here: none has ever been begun (InitProducerId refuses transactional ids).
  if (batches.first.isTransactional) return { code: 'invalid-txn-state' }
  const opens = mustBeOpened(batches.first, rules)
  const loading = opens
    ? codecsOf(batches.first, rules)
        .map(prepareCodec)
        .filter((codec) => codec !== null)
    : []
  if (loading.length === 0 && !someWait(replica)) return place(clock, request, batches)
  // The caller's bytes are free again before the place is taken.
  const copy = validateBatches(Buffer.from(batches.bytes), rules) as ValidatedBatches
  return inTurn(replica, Promise.all(loading), () => place(clock, request, copy))
}

function place(clock: Clock, request: AppendRequest, closed: ValidatedBatches): AppendOutcome | Promise<AppendOutcome> {
  const { replica, acks, rules } = request
  const batches = mustBeOpened(closed.first, rules) ? openBatch(closed, rules) : closed
  if (isRefusal(batches)) return batches
  const { length } = batches.bytes
  if (length > request.segmentBytes) {
    const reason = `The record batch has ${length} bytes, and a segment of the log at most ${request.segmentBytes}.`
    return { code: 'record-list-too-large', reason }
  }
  const appended = replica.append(batches, { allInSync: acks === -1, timestampType: rules.timestampType })
  if ('code' in appended) return isOfItsOwn(appended) ? whenProven(clock, request, appended) : appended
  const done: AppendDone = {
    baseOffset: appended.baseOffset,
    logAppendTime: appended.logAppendTime,
    logStartOffset: replica.log.logStartOffset,
  }
  return whenSafe(clock, request, appended, done)
}

/** Whether the refusal says what this leader has in its log: one that leads no more would be wrong about that. */
function isOfItsOwn({ code }: AppendRefusal): boolean {
  return code === 'out-of-order-sequence' || code === 'invalid-producer-epoch'
}

/** To an idempotent producer such a refusal is final: it is given only by a leader that is known to lead still. */
function whenProven(
  clock: Clock,
  { replica, timeoutMs }: AppendRequest,
  refusal: AppendRefusal,
): Promise<AppendOutcome> {
  return new Promise((resolve) => {
    const timer = clock.setTimer(timeoutMs, () => resolve({ code: 'timed-out' }))
    void replica.whenProven().then((unproven) => {
      timer.cancel()
      resolve(unproven ?? refusal)
    })
  })
}

function whenSafe(
  clock: Clock,
  { replica, acks, timeoutMs }: AppendRequest,
  appended: Appended,
  done: AppendDone,
): Promise<AppendOutcome> {
  const { upTo } = appended
  const safe = acks !== -1 ? replica.whenStored(upTo) : replica.whenCommitted(upTo)
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(timeoutMs, () => {
      const tooFew = acks === -1 && replica.admits() !== null
      resolve({ code: tooFew ? 'not-enough-replicas-after-append' : 'timed-out' })
    })
    safe.then((refusal) => {
      timer.cancel()
      resolve(refusal ?? done)
    }, reject)
  })
}
