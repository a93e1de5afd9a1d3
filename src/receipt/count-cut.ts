import { entriesIn } from '../log/entries-in.ts'
import type { Offset } from '../record/offset.ts'
import type { CutLog } from './cut-log.ts'
import { eachSlice } from './cut-slices.ts'
import type { CutFacts } from './receipt.ts'

const producersMax = 16

export interface CutCount extends Pick<CutFacts, 'records' | 'bytes' | 'producers'> {
  /** Where the cut really begins: with the batch that holds its first offset. */
  readonly from: Offset
  /** There is nothing but control batches, which leaders write for themselves. */
  readonly isControlOnly: boolean
}

/** What a log holds from `from` on, by the headers of its batches. */
export async function countCut(log: CutLog, from: Offset): Promise<CutCount> {
  const producers = new Map<number, number>()
  // Damage is cut as a whole.
  const damage = log.damage.find((range) => range.from <= from && from < range.upTo)
  let first = Math.max(log.logStartOffset, damage?.from ?? from)
  let [records, bytes, isWhole] = [0, 0, true]
  for await (const slice of eachSlice(log, first, () => (isWhole = false))) {
    for (const { entry, batch } of entriesIn(Buffer.concat(slice.buffers))) {
      first = Math.min(first, entry.baseOffset)
      bytes += entry.sizeBytes
      if (batch.isControl) continue
      const { producerId, recordCount } = batch
      records += recordCount
      if (producerId >= 0) producers.set(producerId, (producers.get(producerId) ?? 0) + recordCount)
    }
  }
  const most = [...producers].sort(([, one], [, other]) => other - one).slice(0, producersMax)
  return {
    from: Math.max(log.logStartOffset, first),
    records: isWhole ? records : null,
    bytes,
    producers: most.map(([producerId, count]) => ({ producerId, records: count })),
    isControlOnly: records === 0 && isWhole,
  }
}
