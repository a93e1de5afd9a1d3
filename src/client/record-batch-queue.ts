import type { RecordInput } from '../record/batch-builder.ts'

/** Where a record was stored. */
export interface Delivery {
  readonly topic: string
  readonly partition: number
  /** -1 when the broker was not asked to tell (acks=0), or no longer knows (a repeat of an old batch). */
  readonly offset: number
  /** Milliseconds since 1970, as stored. */
  readonly timestamp: number
}

export interface QueuedRecord {
  readonly record: RecordInput
  readonly bytes: number
  resolve(delivery: Delivery): void
  reject(error: Error): void
}

/** Records of one partition that travel together. */
export interface QueuedBatch {
  readonly records: QueuedRecord[]
  bytes: number
  /** When its delivery is given up, on the monotonic clock. */
  readonly deadlineMs: number
}

/** About what a record takes in a batch besides its own bytes. */
const recordOverheadBytes = 24

/** Gathers records into batches, in order. The last batch takes more until it is full or `close` is called. */
export class RecordBatchQueue {
  readonly #batchBytesMax: number
  readonly #closed: QueuedBatch[] = []
  #open: QueuedBatch | null = null

  constructor(batchBytesMax: number) {
    this.#batchBytesMax = batchBytesMax
  }

  /** Whether a batch is ready to go. */
  get hasReady(): boolean {
    return this.#closed.length > 0
  }

  /** Whether so many bytes more go into the batch that is being filled, or begin one. */
  fits(bytes: number): boolean {
    return this.#open === null || this.#open.bytes + bytes <= this.#batchBytesMax
  }

  /** `began`: the record is the first of a batch that waits for more. `filled`: a batch became ready by it. */
  add(queued: QueuedRecord, deadlineMs: number): { readonly began: boolean; readonly filled: boolean } {
    let filled = !this.fits(queued.bytes) && this.close()
    const began = this.#open === null
    const batch = this.#open ?? { records: [], bytes: 0, deadlineMs }
    batch.records.push(queued)
    batch.bytes += queued.bytes
    this.#open = batch
    if (batch.bytes >= this.#batchBytesMax) filled = this.close()
    return { began: began && this.#open !== null, filled }
  }

  /** Makes the last batch ready, full or not. False: there is none. */
  close(): boolean {
    if (this.#open === null) return false
    this.#closed.push(this.#open)
    this.#open = null
    return true
  }

  take(): QueuedBatch | undefined {
    return this.#closed.shift()
  }
}

export function sizeOf(record: RecordInput): number {
  let bytes = recordOverheadBytes + (record.key?.length ?? 0) + (record.value?.length ?? 0)
  for (const { key, value } of record.headers ?? []) bytes += 4 + Buffer.byteLength(key) + (value?.length ?? 0)
  return bytes
}
