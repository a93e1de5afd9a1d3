import { crcHolds } from '../record/batch-crc.ts'
import { type BatchHeader, batchHeaderBytes } from '../record/batch-header.ts'
import { batchesIn, readRecords } from '../record/record-reader.ts'
import type { Receipt } from '../receipt/receipt.ts'
import { CommandFailed } from './command-failed.ts'
import { jsonRecord } from './record-text.ts'

/** The records in the pieces of some batches, a line each, as `consume --json` prints them. */
export async function* savedRecords(
  pieces: AsyncIterable<Uint8Array>,
  { topic, partition }: Receipt,
  onRecord: () => void,
): AsyncGenerator<string> {
  for await (const batch of eachBatch(pieces)) {
    if (!crcHolds(batch.bytes, batch.at)) {
      throw new CommandFailed(`The batch at offset ${batch.baseOffset} is damaged.`)
    }
    if (batch.isControl) continue
    for (const record of await readRecords(batch)) {
      onRecord()
      yield `${JSON.stringify(jsonRecord({ ...record, topic, partition }))}\n`
    }
  }
}

/** Whole batches, wherever the pieces part them. */
async function* eachBatch(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<BatchHeader> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of pieces) {
    rest = Buffer.concat([rest, piece])
    let upTo = 0
    for (const batch of batchesIn(rest)) {
      upTo = batch.at + batch.sizeBytes
      yield batch
    }
    rest = rest.subarray(upTo)
  }
  if (rest.length >= batchHeaderBytes) throw new CommandFailed('What is kept ends within a batch.')
}
