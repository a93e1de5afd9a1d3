import type { Receipt } from '../../src/receipt/receipt.ts'
import type { HistoryEvent, ReadRecord, Violation } from '../history.ts'

interface Sent {
  readonly partition: string
  readonly values: readonly string[]
}

/**
 * What a leader alone has answered for (`acks=1`): no promise, but where it is lost, a receipt must say so. A value that its
 * producer has sent again, and that is there, is not lost.
 */
export class LeadersWord {
  readonly #isIts: (sent: HistoryEvent & { type: 'sent' }) => boolean
  readonly #sent = new Map<number, Sent>()
  readonly #acknowledged: (Sent & { readonly baseOffset: number })[] = []

  /** `isIts`: which sends it is about. */
  constructor(isIts: (sent: HistoryEvent & { type: 'sent' }) => boolean) {
    this.#isIts = isIts
  }

  /** Whether it is such an answer, or about one. */
  note(event: HistoryEvent): void {
    if (event.type === 'sent' && this.#isIts(event)) this.#sent.set(event.send, event)
    if (event.type !== 'acknowledged') return
    const sent = this.#sent.get(event.send)
    if (sent !== undefined) this.#acknowledged.push({ ...sent, baseOffset: event.baseOffset })
  }

  isOnlyOf(send: number): boolean {
    return this.#sent.has(send)
  }

  /** Each value that was answered for and is not there, by partition and offset. */
  *lost(
    finalLogs: ReadonlyMap<string, readonly ReadRecord[]>,
  ): Generator<{ partition: string; offset: number; value: string }> {
    for (const { partition, values, baseOffset } of this.#acknowledged) {
      const log = finalLogs.get(partition) ?? []
      const there = new Set(log.map(({ value }) => value))
      const first = log[0]?.offset ?? 0
      for (const [at, value] of values.entries()) {
        const offset = baseOffset + at
        // Below the log start it was deleted on request.
        if (!there.has(value) && offset >= first) yield { partition, offset, value }
      }
    }
  }
}

/** Lost without a receipt that tells of it. */
export function unreceipted(
  lost: Iterable<{ partition: string; offset: number; value: string }>,
  receipts: readonly Receipt[],
  hasTaken: (receipt: Receipt, lost: { partition: string; offset: number }) => boolean = isWithin,
): Violation[] {
  return [...lost].flatMap(({ partition, offset, value }) => {
    if (receipts.some((receipt) => hasTaken(receipt, { partition, offset }))) return []
    const detail = `'${value}' was answered by a leader alone at ${offset}; it is not there, and no receipt tells of it`
    return [{ code: 'loss without a receipt' as const, partition, detail }]
  })
}

/** Whether what was at that offset lies within what the receipt tells of. */
export function isWithin(receipt: Receipt, { partition, offset }: { partition: string; offset: number }): boolean {
  return (
    `${receipt.topic}/${receipt.partition}` === partition &&
    receipt.from <= offset &&
    (receipt.kind === 'bounds' || offset < (receipt.to ?? 0))
  )
}
