import { entriesIn, type LoggedBatch } from '../log/entries-in.ts'
import { framePlaceOf } from '../log/queues/frame.ts'
import { crcHolds } from '../record/batch-crc.ts'
import { batchHeaderBytes } from '../record/batch-header.ts'
import { readRecords } from '../record/record-reader.ts'
import type { Receipt } from '../receipt/receipt.ts'
import { CommandFailed } from './command-failed.ts'
import { jsonRecord } from './record-text.ts'

/**
 * The records in the pieces of some entries of a log, a line each, as `consume --json` prints them. Those of a commit log are named by
 * the ids of their topics, which is all that it knows.
 */
export async function* savedRecords(
  pieces: AsyncIterable<Uint8Array>,
  { topic, partition }: Receipt,
  onRecord: () => void,
): AsyncGenerator<string> {
  for await (const { entry, batch } of eachEntry(pieces)) {
    if (!crcHolds(batch.bytes, batch.at)) {
      throw new CommandFailed(`The batch at offset ${entry.baseOffset} is damaged.`)
    }
    if (batch.isControl) continue
    const place = batch === entry ? null : framePlaceOf(entry.bytes, entry.at)
    const of = place === null ? { topic, partition } : { topic: place.topicId, partition: place.partition }
    for (const record of await readRecords(batch)) {
      onRecord()
      yield `${JSON.stringify(jsonRecord({ ...record, ...of }))}\n`
    }
  }
}

/** Whole entries, wherever the pieces part them. */
async function* eachEntry(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<LoggedBatch> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const piece of pieces) {
    rest = Buffer.concat([rest, piece])
    let upTo = 0
    for (const one of entriesIn(rest)) {
      upTo = one.entry.at + one.entry.sizeBytes
      yield one
    }
    rest = rest.subarray(upTo)
  }
  if (rest.length >= batchHeaderBytes) throw new CommandFailed('What is kept ends within a batch.')
}
