import { MalformedInput } from '../codec/malformed-input.ts'
import { crcHolds } from '../record/batch-crc.ts'
import { endTransactionOf } from '../record/control-record.ts'
import { batchesIn, type BatchRecord, readRecords } from '../record/record-reader.ts'

export interface ConsumedRecord extends BatchRecord {
  readonly topic: string
  readonly partition: number
}

export interface FetchedBytes {
  readonly topic: string
  readonly partition: number
  readonly bytes: Buffer
  /** Records below it were not asked for: a batch is always given whole. */
  readonly from: number
  /** Transactions to leave out; null: everything is wanted. */
  readonly aborted: readonly { readonly producerId: number; readonly firstOffset: number }[] | null
}

/** The data records in what a fetch gave, and where the next fetch goes on. */
export async function recordsIn(fetched: FetchedBytes): Promise<{ records: ConsumedRecord[]; next: number }> {
  const { topic, partition, bytes, from } = fetched
  const records: ConsumedRecord[] = []
  const coming = [...(fetched.aborted ?? [])].sort((a, b) => a.firstOffset - b.firstOffset)
  const aborting = new Set<number>()
  let next = from
  for (const batch of batchesIn(bytes)) {
    while (coming[0] !== undefined && coming[0].firstOffset <= batch.lastOffset) {
      aborting.add((coming.shift() as { producerId: number }).producerId)
    }
    next = Math.max(next, batch.nextOffset)
    if (!crcHolds(batch.bytes, batch.at)) {
      throw new MalformedInput(`the batch at offset ${batch.baseOffset} of ${topic}-${partition} is damaged`, batch.at)
    }
    if (batch.isControl) {
      if (endTransactionOf(batch)?.type === 'abort') aborting.delete(batch.producerId)
      continue
    }
    if (batch.isTransactional && aborting.has(batch.producerId)) continue
    for (const record of await readRecords(batch)) {
      if (record.offset >= from) records.push({ ...record, topic, partition })
    }
  }
  return { records, next }
}
