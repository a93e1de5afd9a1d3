import { BatchHeader, magicOf } from '../record/batch-header.ts'
import { batchesIn } from '../record/record-reader.ts'
import { frameHeaderBytes, frameMagic } from './queues/frame.ts'

/** One entry of a log, and the record batch in it: the same, but in a commit log. */
export interface LoggedBatch {
  /** Tells offsets, epoch and size as the log has them. */
  readonly entry: BatchHeader
  /** Tells of the records. In a commit log its offsets are a queue's, or begin at 0 where it is of no queue. */
  readonly batch: BatchHeader
}

/** The entries that lie one behind the other in what was read from a log, of either unit. A cut-off last one is left out. */
export function* entriesIn(bytes: Buffer): Generator<LoggedBatch> {
  // Size and magic of a frame stand where a batch has its own.
  for (const entry of batchesIn(bytes)) {
    const isFrame = magicOf(bytes, entry.at) === frameMagic && entry.sizeBytes > frameHeaderBytes
    yield { entry, batch: isFrame ? new BatchHeader(bytes, entry.at + frameHeaderBytes) : entry }
  }
}
