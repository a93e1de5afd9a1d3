import type { Offset, Timestamp } from '../record/offset.ts'
import { invariant } from '../runtime/invariant.ts'
import { firstOffsetOf, ProducerEntry } from './producer-state-entry.ts'
import { sequenceAfter, sequenceMax } from './producer-state-sequence.ts'

/** The fields of a record batch's header that producer state goes by. */
export interface ProducerBatch {
  /** -1: the batch is of no idempotent producer, and is passed over here. */
  readonly producerId: number
  readonly producerEpoch: number
  /** -1: no sequence (a control batch; a transactional offset commit, which its coordinator wrote). */
  readonly baseSequence: number
  readonly lastOffsetDelta: number
  readonly maxTimestamp: Timestamp
  readonly isTransactional: boolean
  readonly isControl: boolean
}

/** What the record of a control batch says when it ends a transaction. */
export interface EndTransactionMarker {
  readonly type: 'commit' | 'abort'
  readonly coordinatorEpoch: number
}

/** Whether a client's batch is the next of its producer, one that is stored already, or neither. */
export type SequenceCheck =
  | { outcome: 'append' }
  | { outcome: 'duplicate'; baseOffset: Offset; lastOffset: Offset; timestamp: Timestamp }
  | { outcome: 'refused'; code: SequenceRefusalCode; expected: number; known: { epoch: number; lastSequence: number } }

export type SequenceRefusalCode = 'out-of-order-sequence' | 'invalid-producer-epoch' | 'invalid-txn-state'

/** A transaction that a marker has ended. An aborted one belongs into the transaction index of the marker's segment. */
export interface CompletedTransaction {
  readonly producerId: number
  readonly firstOffset: Offset
  /** The marker's offset. */
  readonly lastOffset: Offset
  readonly aborted: boolean
  /** The last stable offset once this transaction has ended, were all replicated. */
  readonly lastStableOffset: Offset
}

/** One line of DescribeProducers. */
export interface ActiveProducer {
  readonly producerId: number
  readonly producerEpoch: number
  readonly lastSequence: number
  readonly lastTimestamp: Timestamp
  readonly coordinatorEpoch: number
  /** -1: no transaction is open. */
  readonly currentTransactionStartOffset: Offset
}

interface Transaction {
  readonly producerId: number
  readonly firstOffset: Offset
  readonly lastOffset: Offset
}

const none: readonly Transaction[] = []
const append: SequenceCheck = { outcome: 'append' }

/**
 * What one partition knows of its idempotent and transactional producers (KIP-98), a pure function of the log up to
 * `endOffset`. Kafka 4.3's rules, with one thing more: a producer expires by when it was last seen here, so that
 * old timestamps in the data do not make the broker forget a producer that is at work.
 *
 * Memory: about 0.5 KiB a producer, until it has been silent for `producer.id.expiration.ms`.
 */
export class ProducerState {
  /** Null: there are none. Two empty maps would be a tenth of what an idle log costs. */
  #producers: Map<number, ProducerEntry> | null = null
  /** Open transactions by first offset, ascending; null: none. */
  #ongoing: Map<Offset, Transaction> | null = null
  /** Ended transactions whose marker may still be above the high watermark, in the markers' order. */
  #unreplicated: readonly Transaction[] = none
  #endOffset: Offset = 0

  /** Everything below has been taken in. */
  get endOffset(): Offset {
    return this.#endOffset
  }

  get size(): number {
    return this.#producers?.size ?? 0
  }

  entries(): Iterable<ProducerEntry> {
    return this.#producers?.values() ?? []
  }

  /** What is known of one producer; null: nothing. */
  entry(producerId: number): ProducerEntry | null {
    return this.#producers?.get(producerId) ?? null
  }

  /** Judges a client's batch before it is given offsets. Changes nothing. */
  check(batch: ProducerBatch): SequenceCheck {
    if (batch.producerId < 0) return append
    const entry = this.#producers?.get(batch.producerId)
    // No state: the producer is new, or its records were deleted or have expired. Any sequence is taken (KIP-360).
    if (entry === undefined || entry.producerEpoch < 0) return append
    const { producerEpoch, baseSequence } = batch
    if (producerEpoch < entry.producerEpoch) return refusal('invalid-producer-epoch', entry, entry.lastSequence)
    const expected = producerEpoch === entry.producerEpoch ? nextSequence(entry.lastSequence) : 0
    if (baseSequence !== expected) {
      const stored =
        producerEpoch === entry.producerEpoch
          ? entry.batchOf(baseSequence, sequenceAfter(baseSequence, batch.lastOffsetDelta))
          : null
      if (stored === null) return refusal('out-of-order-sequence', entry, expected)
      const { lastOffset, timestamp } = stored
      return { outcome: 'duplicate', baseOffset: firstOffsetOf(stored), lastOffset, timestamp }
    }
    if (entry.transactionFirstOffset >= 0 && !batch.isTransactional) {
      return refusal('invalid-txn-state', entry, expected)
    }
    return append
  }

  /**
   * Takes in a batch that is in the log now: one that `check` passed, or one that was replicated or is read back after
   * a restart, and then is taken as it stands. `marker` is given for control batches that end a transaction. Returns the
   * transaction that it ended.
   */
  appended(
    batch: ProducerBatch,
    at: { baseOffset: Offset; nowMs: Timestamp; marker?: EndTransactionMarker | null },
  ): CompletedTransaction | null {
    const { baseOffset } = at
    invariant(baseOffset >= this.#endOffset, 'producer state goes back', { baseOffset, endOffset: this.#endOffset })
    const lastOffset = baseOffset + batch.lastOffsetDelta
    this.#endOffset = lastOffset + 1
    if (batch.producerId < 0) return null
    // A control batch whose record compaction has removed tells nothing more.
    if (batch.isControl && (at.marker ?? null) === null) return null
    const entry = this.#entryOf(batch.producerId)
    entry.lastSeenMs = at.nowMs
    entry.enterEpoch(batch.producerEpoch)
    if (batch.isControl) return this.#onMarker(entry, batch, lastOffset, at.marker as EndTransactionMarker)
    const lastSequence = batch.baseSequence < 0 ? -1 : sequenceAfter(batch.baseSequence, batch.lastOffsetDelta)
    entry.addBatch(lastSequence, lastOffset, batch.lastOffsetDelta, batch.maxTimestamp)
    if (batch.isTransactional && entry.transactionFirstOffset < 0) this.#begin(entry, baseOffset)
    return null
  }

  /** The log holds no batch between the last one taken in and `offset`. */
  advanceTo(offset: Offset): void {
    invariant(offset >= this.#endOffset, 'producer state goes back', { offset, endOffset: this.#endOffset })
    this.#endOffset = offset
  }

  /** First offset of an open transaction; null: none is open. */
  get firstUndecidedOffset(): Offset | null {
    if (this.#ongoing === null) return null
    for (const offset of this.#ongoing.keys()) return offset
    return null
  }

  /**
   * First offset of a transaction that is open, or whose marker is not below `highWatermark`; null: none. The last
   * stable offset is this, or the high watermark where that is lower.
   */
  firstUnstableOffset(highWatermark: Offset): Offset | null {
    this.highWatermarkReached(highWatermark)
    let first = this.firstUndecidedOffset
    for (const { firstOffset } of this.#unreplicated) {
      if (first === null || firstOffset < first) first = firstOffset
    }
    return first
  }

  /** Forgets ended transactions whose marker is below `highWatermark`. */
  highWatermarkReached(highWatermark: Offset): void {
    if (this.#unreplicated.length === 0) return
    this.#unreplicated = this.#unreplicated.filter((transaction) => transaction.lastOffset >= highWatermark)
  }

  /** Forgets producers that have not appended for `expirationMs` and have no transaction open. Returns how many. */
  expire(nowMs: Timestamp, expirationMs: number): number {
    const producers = this.#producers
    if (producers === null) return 0
    const before = producers.size
    for (const [producerId, entry] of producers) {
      if (isExpired(entry, nowMs, expirationMs)) producers.delete(producerId)
    }
    return before - producers.size
  }

  describe(): ActiveProducer[] {
    return Array.from(this.entries(), (entry) => ({
      producerId: entry.producerId,
      producerEpoch: entry.producerEpoch,
      lastSequence: entry.lastSequence,
      lastTimestamp: entry.lastTimestamp,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTransactionStartOffset: entry.transactionFirstOffset,
    }))
  }

  /** Begins anew at `endOffset` with what a snapshot held. The entries are owned by the state from now on. */
  reset(endOffset: Offset, entries: Iterable<ProducerEntry> = []): void {
    this.#producers = null
    this.#ongoing = null
    this.#unreplicated = none
    this.#endOffset = endOffset
    const open: ProducerEntry[] = []
    for (const entry of entries) {
      this.#add(entry)
      if (entry.transactionFirstOffset >= 0) open.push(entry)
    }
    open.sort((a, b) => a.transactionFirstOffset - b.transactionFirstOffset)
    for (const entry of open) this.#begin(entry, entry.transactionFirstOffset)
  }

  #begin(entry: ProducerEntry, firstOffset: Offset): void {
    entry.transactionFirstOffset = firstOffset
    this.#ongoing ??= new Map()
    this.#ongoing.set(firstOffset, { producerId: entry.producerId, firstOffset, lastOffset: -1 })
  }

  #onMarker(
    entry: ProducerEntry,
    batch: ProducerBatch,
    lastOffset: Offset,
    marker: EndTransactionMarker,
  ): CompletedTransaction | null {
    const { producerId, transactionFirstOffset: firstOffset } = entry
    entry.coordinatorEpoch = marker.coordinatorEpoch
    entry.lastTimestamp = batch.maxTimestamp
    // A transaction without data here changes no offset's stability and is in no index.
    if (firstOffset < 0) return null
    entry.transactionFirstOffset = -1
    this.#ongoing?.delete(firstOffset)
    if (this.#unreplicated === none) this.#unreplicated = []
    const unreplicated = this.#unreplicated as Transaction[]
    unreplicated.push({ producerId, firstOffset, lastOffset })
    const lastStableOffset = this.firstUndecidedOffset ?? lastOffset + 1
    return { producerId, firstOffset, lastOffset, aborted: marker.type === 'abort', lastStableOffset }
  }

  #entryOf(producerId: number): ProducerEntry {
    return this.#producers?.get(producerId) ?? this.#add(new ProducerEntry(producerId))
  }

  #add(entry: ProducerEntry): ProducerEntry {
    this.#producers ??= new Map()
    this.#producers.set(entry.producerId, entry)
    return entry
  }
}

export function isExpired(entry: ProducerEntry, nowMs: Timestamp, expirationMs: number): boolean {
  return entry.transactionFirstOffset < 0 && nowMs - entry.lastSeenMs >= expirationMs
}

const nextSequence = (last: number): number => (last === sequenceMax ? 0 : last + 1)

function refusal(code: SequenceRefusalCode, entry: ProducerEntry, expected: number): SequenceCheck {
  const known = { epoch: entry.producerEpoch, lastSequence: entry.lastSequence }
  return { outcome: 'refused', code, expected, known }
}
