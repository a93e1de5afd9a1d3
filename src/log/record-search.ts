import { DecompressedTooLarge } from '../codec/decompressed-too-large.ts'
import { MalformedInput } from '../codec/malformed-input.ts'
import type { BatchHeader } from '../record/batch-header.ts'
import type { Offset, Timestamp } from '../record/offset.ts'
import { type BatchRecord, recordsIn } from '../record/record-reader.ts'

/** Records of a batch that become more are not looked into: whoever asks waits with all others while they are. */
const decompressedBytesMax = 16 * 1024 * 1024

/** The first record that is sought; the batch in its place when its records cannot be read; null: none of them is. */
export async function recordOrBatch(
  batch: BatchHeader,
  isSought: (record: BatchRecord) => boolean,
): Promise<{ offset: Offset; timestamp: Timestamp } | null> {
  try {
    for (const record of await recordsIn(batch, { maxDecompressedBytes: decompressedBytesMax })) {
      if (isSought(record)) return record
    }
    return null
  } catch (error) {
    if (!(error instanceof MalformedInput || error instanceof DecompressedTooLarge)) throw error
    return { offset: batch.baseOffset, timestamp: batch.maxTimestamp }
  }
}
