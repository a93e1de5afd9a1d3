import { uuidFromBytes } from '../codec/uuid.ts'
import type { LeaderEpoch, Offset, Timestamp } from '../record/offset.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Random } from '../runtime/random.ts'

/**
 * What may be said of lost offsets. `below-watermark`: they were committed. `maybe-acknowledged`: above the watermark, so
 * nobody was told that all have them; whoever asks with acks=1 may have been. `maybe-read`: that, and a backup showed them
 * to consumers. `unknown`: the replica was started since, and does not know what was committed.
 */
export type LostAs = 'below-watermark' | 'maybe-acknowledged' | 'maybe-read' | 'unknown'

export interface LostRange {
  readonly from: Offset
  /** Exclusive; null: open upwards. */
  readonly to: Offset | null
  readonly lostAs: LostAs
}

/** Cut bytes that are kept: whole batches, in a file of the log directory that is laid out as a segment is. */
export interface KeptBytes {
  /** Its name in the log directory. */
  readonly file: string
  readonly from: Offset
  /** Exclusive. Below the cut's end where the cut was larger than what may be kept of one. */
  readonly to: Offset
  readonly bytes: number
}

/** What a replica had and has cut, as far as its bytes tell. */
export interface CutFacts {
  readonly epochs: readonly { readonly epoch: LeaderEpoch; readonly from: Offset; readonly to: Offset }[]
  /** Control records not among them; null: not counted, as the bytes were damaged, or too many to be read. */
  readonly records: number | null
  readonly bytes: number
  /** Idempotent producers, those with most records first, 16 at most. */
  readonly producers: readonly { readonly producerId: number; readonly records: number }[]
  /** Who leads, and has something else or nothing there. */
  readonly leader: number
  readonly leaderEpoch: LeaderEpoch
  /** `cutting`: from when the receipt is written until the cut is on the disk; a start in between carries it out. */
  readonly state: 'cutting' | 'done'
  /** Where the log begins anew without anything in it; null: it keeps what is below the cut. */
  readonly beginsAnewAt: Offset | null
  /** Null: nothing is kept of it, or no more. */
  readonly kept: KeptBytes | null
}

/**
 * What a copy of a partition has lost, or may have. Of kind `cut` it is exactly that, [from, to), and `cut` says more. Of
 * kind `bounds` the bytes are gone with a disk or its cache, and nobody can say how many there were: the range is open
 * upwards, and `to` is only the highest end that anybody has shown (null: nobody has).
 */
export interface Receipt {
  readonly id: string
  readonly atMs: Timestamp
  readonly topic: string
  readonly topicId: string | null
  readonly partition: number
  /** Whose disk the receipt is on: the copy that was cut, or the leader that goes on without what another one lost. */
  readonly replica: { readonly broker: number; readonly directory: string }
  readonly kind: 'cut' | 'bounds'
  readonly from: Offset
  readonly to: Offset | null
  readonly ranges: readonly LostRange[]
  /** Why, in words. */
  readonly reason: string
  readonly cut: CutFacts | null
}

/** Of everything that carries receipts: the file, the answers of the HTTP port. */
export const receiptsVersion = 1

/** A receipt of what is gone with a disk or its cache. */
export function boundsReceipt(
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  lost: Pick<Receipt, 'topic' | 'topicId' | 'partition' | 'replica' | 'from' | 'to' | 'reason'> & {
    readonly lostAs?: LostAs
  },
): Receipt {
  const { lostAs = 'unknown', ...facts } = lost
  const ranges = [{ from: lost.from, to: null, lostAs }]
  return { id: newReceiptId(random), atMs: clock.nowMs(), ...facts, kind: 'bounds', ranges, cut: null }
}

/** None begins with a dash, which a command line would take for an option. */
export function newReceiptId(random: Random): string {
  for (;;) {
    const id = uuidFromBytes(random.bytes(16))
    if (!id.startsWith('-')) return id
  }
}
