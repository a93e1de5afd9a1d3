import type { Offset, Timestamp } from '../record/offset.ts'
import { sequenceBefore } from './producer-state-sequence.ts'

/** How many of a producer's newest batches are remembered; a client may have no more than these in flight (KIP-98). */
const batchesKept = 5

/** One batch of an idempotent producer, as far as its retry has to be recognized. */
export interface ProducedBatch {
  readonly lastSequence: number
  readonly lastOffset: Offset
  /** Last offset less first offset; also last sequence less first sequence. */
  readonly offsetDelta: number
  /** Largest timestamp in the batch. */
  readonly timestamp: Timestamp
}

/** All of a producer's entry. Kafka's snapshots keep its newest batch only. */
export interface ProducerMemory
  extends Pick<
    ProducerEntry,
    | 'producerId'
    | 'producerEpoch'
    | 'coordinatorEpoch'
    | 'lastTimestamp'
    | 'lastSeenMs'
    | 'transactionFirstOffset'
    | 'batches'
  > {}

/** What a partition knows of one producer id. */
export class ProducerEntry {
  readonly producerId: number
  /** Epoch of the newest batch or marker; -1: none yet. */
  producerEpoch = -1
  /** Epoch of the transaction coordinator that wrote the newest marker; -1: none yet. */
  coordinatorEpoch = -1
  /** Largest timestamp of the newest batch or marker, as the producer gave it; -1: none. */
  lastTimestamp: Timestamp = -1
  /** When this broker last saw the producer append. Expiry goes by this, never by timestamps that the producer chose. */
  lastSeenMs = 0
  /** First offset of the transaction that is open here; -1: none. */
  transactionFirstOffset: Offset = -1
  /** The newest batches of `producerEpoch`, oldest first; at most `batchesKept`. */
  readonly #batches: { -readonly [K in keyof ProducedBatch]: ProducedBatch[K] }[] = []

  constructor(producerId: number) {
    this.producerId = producerId
  }

  static remembered({ producerId, batches, ...facts }: ProducerMemory): ProducerEntry {
    const entry = Object.assign(new ProducerEntry(producerId), facts)
    entry.#batches.push(...batches.map((batch) => ({ ...batch })))
    return entry
  }

  memory(): ProducerMemory {
    const { producerId, producerEpoch, coordinatorEpoch, lastTimestamp, lastSeenMs, transactionFirstOffset } = this
    const facts = { producerId, producerEpoch, coordinatorEpoch, lastTimestamp, lastSeenMs, transactionFirstOffset }
    return { ...facts, batches: this.batches }
  }

  get batches(): readonly ProducedBatch[] {
    return this.#batches
  }

  get lastBatch(): ProducedBatch | undefined {
    return this.#batches[this.#batches.length - 1]
  }

  /** Sequence of the newest record; -1: no batch of this epoch is known. */
  get lastSequence(): number {
    return this.lastBatch?.lastSequence ?? -1
  }

  /** Last offset of the newest kept batch that lies below `upTo`; -1: none does. */
  lastOffsetBelow(upTo: Offset): Offset {
    for (let i = this.#batches.length - 1; i >= 0; i--) {
      const { lastOffset } = this.#batches[i] as ProducedBatch
      if (lastOffset < upTo) return lastOffset
    }
    return -1
  }

  /** The kept batch with exactly this range of sequences. */
  batchOf(firstSequence: number, lastSequence: number): ProducedBatch | null {
    for (const batch of this.#batches) {
      if (batch.lastSequence === lastSequence && firstSequenceOf(batch) === firstSequence) return batch
    }
    return null
  }

  /** Batches of another epoch can no longer be retried, so they go. */
  enterEpoch(producerEpoch: number): void {
    if (producerEpoch === this.producerEpoch) return
    this.producerEpoch = producerEpoch
    this.clearBatches()
  }

  clearBatches(): void {
    this.#batches.length = 0
  }

  addBatch(lastSequence: number, lastOffset: Offset, offsetDelta: number, timestamp: Timestamp): void {
    this.lastTimestamp = timestamp
    const slot = this.#batches.length === batchesKept ? this.#batches.shift() : undefined
    if (slot === undefined) {
      this.#batches.push({ lastSequence, lastOffset, offsetDelta, timestamp })
      return
    }
    // The oldest one's object is used again: a steady producer makes no garbage here.
    slot.lastSequence = lastSequence
    slot.lastOffset = lastOffset
    slot.offsetDelta = offsetDelta
    slot.timestamp = timestamp
    this.#batches.push(slot)
  }
}

const firstSequenceOf = (batch: ProducedBatch): number => sequenceBefore(batch.lastSequence, batch.offsetDelta)

export const firstOffsetOf = (batch: ProducedBatch): Offset => batch.lastOffset - batch.offsetDelta
