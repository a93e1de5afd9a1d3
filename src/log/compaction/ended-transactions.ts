import type { BatchHeader } from '../../record/batch-header.ts'
import { endTransactionOf } from '../../record/control-record.ts'
import type { AbortedTransaction } from '../transaction-index.ts'

/**
 * Follows the transactions of a part of a log, batch by batch, and tells which batches nobody needs any more: those of aborted
 * transactions, and the markers of transactions of which nothing is left. Kafka's rules (KIP-98, KIP-534). The part must lie
 * below the last stable offset: every transaction that begins in it has ended.
 */
export class EndedTransactions {
  /** By first offset. Those before `#next` have begun. */
  readonly #aborted: readonly AbortedTransaction[]
  #next = 0
  /** Aborted ones that have begun and not ended, by producer; `seen`: a batch of it was met. */
  readonly #open = new Map<number, { readonly transaction: AbortedTransaction; seen: boolean }>()
  /** Producers of which batches were met that no marker has ended yet: those of transactions that were committed. */
  readonly #committing = new Set<number>()
  readonly #onAborted: (transaction: AbortedTransaction) => void

  /** `onAborted` hears of each aborted transaction whose batches were met, when its marker is. */
  constructor(aborted: Iterable<AbortedTransaction>, onAborted: (transaction: AbortedTransaction) => void = () => {}) {
    this.#aborted = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
    this.#onAborted = onAborted
  }

  /** Whether nobody needs the batch. To be asked of all batches, in order. */
  isOver(batch: BatchHeader): boolean {
    this.#begin(batch.lastOffset)
    return batch.isControl ? this.#isMarkerOver(batch) : this.#isDataOver(batch)
  }

  #begin(upThrough: number): void {
    for (;;) {
      const transaction = this.#aborted[this.#next]
      if (transaction === undefined || transaction.firstOffset > upThrough) return
      this.#next++
      if (!this.#open.has(transaction.producerId)) this.#open.set(transaction.producerId, { transaction, seen: false })
    }
  }

  #isDataOver(batch: BatchHeader): boolean {
    if (!batch.isTransactional) return false
    const open = this.#open.get(batch.producerId)
    if (open === undefined) {
      this.#committing.add(batch.producerId)
      return false
    }
    open.seen = true
    return true
  }

  #isMarkerOver(batch: BatchHeader): boolean {
    // One that is empty already, or was never a marker.
    if (batch.recordCount === 0) return true
    const marker = endTransactionOf(batch)
    if (marker === null) return false
    if (marker.type === 'commit') return !this.#committing.delete(batch.producerId)
    const open = this.#open.get(batch.producerId)
    this.#open.delete(batch.producerId)
    if (open === undefined || !open.seen) return true
    this.#onAborted(open.transaction)
    return false
  }
}
