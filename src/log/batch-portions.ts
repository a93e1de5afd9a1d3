import { BatchHeader } from '../record/batch-header.ts'
import type { Position } from '../record/offset.ts'
import type { DiskFile } from '../runtime/disk.ts'
import { type WalkEnd, walkBatches } from './batch-walk.ts'
import { batchFormat } from './entry-format.ts'
import type { ReadBuffers } from './read-buffers.ts'

/** Batches are copied out in portions of about this size. */
export const portionBytes = 1024 * 1024

export interface BatchPortion {
  readonly batches: readonly { readonly header: BatchHeader; readonly position: Position }[]
  /** 'visitor': another portion follows. */
  readonly end: WalkEnd
  /** Behind the last batch. */
  readonly stoppedAt: Position
}

/** The whole batches of a file in order, copied out, so that whoever looks at them may take time. CRCs are not looked at. */
export async function* batchPortions(
  file: DiskFile,
  upTo: Position,
  buffers: ReadBuffers,
): AsyncGenerator<BatchPortion> {
  for (let from = 0; from < upTo; ) {
    const batches: { header: BatchHeader; position: Position }[] = []
    let bytes = 0
    const walk = { file, format: batchFormat, from, upTo, checkCrc: false, buffers }
    const { stoppedAt, end } = await walkBatches(walk, (seen, position) => {
      if (bytes >= portionBytes) return false
      const copy = Buffer.from(seen.bytes.subarray(seen.at, seen.at + seen.sizeBytes))
      batches.push({ header: new BatchHeader(copy), position })
      bytes += copy.length
      return true
    })
    yield { batches, end, stoppedAt }
    if (end !== 'visitor') return
    from = stoppedAt
  }
}
