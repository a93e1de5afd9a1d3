import { asBuffer } from '../codec/as-buffer.ts'
import { batchesIn, type BatchRecord, readRecords } from '../record/record-reader.ts'
import type { Replica } from './replica.ts'

const readBytes = 1024 * 1024

/**
 * Visits every data record of a replica that leads, from the log start to the high watermark at the time of the call, in order; control
 * batches are passed over. Key and value are views that hold only during the visit.
 */
export async function visitRecords(replica: Replica, visit: (record: BatchRecord) => void): Promise<void> {
  const upTo = replica.highWatermark
  const { log } = replica
  for (let from = log.logStartOffset; from < upTo; ) {
    const slice = await log.read({ from, upTo, maxBytes: readBytes, minOneBatch: true })
    try {
      if (slice.bytes === 0) return
      // A batch may lie across two pieces of the slice.
      const [first, second] = slice.buffers
      const bytes = first !== undefined && second === undefined ? asBuffer(first) : Buffer.concat(slice.buffers)
      for (const batch of batchesIn(bytes)) {
        if (batch.isControl) continue
        for (const record of await readRecords(batch)) if (record.offset >= from && record.offset < upTo) visit(record)
      }
      from = slice.nextOffset
    } finally {
      slice.release()
    }
  }
}
