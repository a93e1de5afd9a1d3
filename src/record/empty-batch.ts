import { sealBatch } from './batch-crc.ts'
import { attributesFor, type BatchHeader, batchHeaderBytes, writeBatchHeader } from './batch-header.ts'

/**
 * A batch without records in the place of `batch`: same offsets, epoch and producer, so that what a log tells of its producers
 * and of its own end outlives the records. Kafka's own compaction leaves such batches, and clients step over them.
 */
export function emptyBatchOf(batch: BatchHeader): Buffer {
  const bytes = Buffer.alloc(batchHeaderBytes)
  writeBatchHeader(bytes, {
    baseOffset: batch.baseOffset,
    partitionLeaderEpoch: batch.partitionLeaderEpoch,
    attributes: attributesFor({
      logAppendTime: batch.timestampType === 'LogAppendTime',
      transactional: batch.isTransactional,
      control: batch.isControl,
    }),
    lastOffsetDelta: batch.lastOffsetDelta,
    baseTimestamp: batch.maxTimestamp,
    maxTimestamp: batch.maxTimestamp,
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    recordCount: 0,
  })
  sealBatch(bytes, 0)
  return bytes
}
