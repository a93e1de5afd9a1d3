import { MalformedInput } from '../../codec/malformed-input.ts'
import { array, decodeVersioned, encodeVersioned, type MessageOf, message } from '../../codec/message.ts'
import { buildBatch } from '../../record/batch-builder.ts'
import { type BatchHeader, batchHeaderBytes } from '../../record/batch-header.ts'
import type { Timestamp } from '../../record/offset.ts'
import { RecordWalk } from '../../record/record-walk.ts'

/** Kind of the control record, beyond those that Kafka has. */
const queueStartsType = 100

const controlKey = message({ type: { type: 'int16', about: 'Kind of the control record.' } })

const queueStart = message({
  topicId: { type: 'uuid', about: 'Topic that the queue is of.' },
  partition: { type: 'int32', about: 'Partition of the topic that the queue is.' },
  startOffset: { type: 'int64', about: 'First queue offset that is kept, once this is committed.' },
  endOffset: { type: 'int64', about: 'Queue offset that the next record got when this was written.' },
})

const queueStarts = message({ queues: { type: array(queueStart), about: 'Queues, each with where it begins.' } })

export type QueueStart = MessageOf<typeof queueStart>

/**
 * A control batch that moves where queues begin: by DeleteRecords, and before the beginning of the commit log passes all that
 * it holds of a queue, whose end is then told by this alone.
 */
export function queueStartsBatch(queues: readonly QueueStart[], nowMs: Timestamp): Buffer {
  const key = encodeVersioned(controlKey, { type: queueStartsType }, 0)
  const value = encodeVersioned(queueStarts, { queues }, 0)
  return buildBatch([{ timestamp: nowMs, key, value }], { control: true })
}

/** What the control batch says of queues; nothing: it is about something else. */
export function queueStartsIn(batch: BatchHeader): readonly QueueStart[] {
  if (!batch.isControl || batch.codec !== 0) return []
  try {
    return startsIn(batch).filter(isPossible)
  } catch (error) {
    // Bytes from a disk may be anything.
    if (error instanceof MalformedInput) return []
    throw error
  }
}

const isPossible = ({ partition, startOffset, endOffset }: QueueStart): boolean =>
  partition >= 0 && startOffset >= 0 && startOffset <= endOffset

function startsIn(batch: BatchHeader): readonly QueueStart[] {
  const walk = new RecordWalk(batch.bytes.subarray(batch.at + batchHeaderBytes, batch.at + batch.sizeBytes))
  if (!walk.next() || walk.keyBytes < 4 || walk.valueBytes < 2) return []
  const { bytes, keyAt, keyBytes, valueBytes } = walk
  if (bytes.readInt16BE(keyAt + 2) !== queueStartsType) return []
  // The value's length stands between them, in as many bytes as it needs.
  const valueAt = valueAtOf(bytes, keyAt + keyBytes)
  return decodeVersioned(queueStarts, bytes.subarray(valueAt, valueAt + valueBytes)).value.queues
}

/** Behind the varint at `at`. */
function valueAtOf(bytes: Buffer, at: number): number {
  let next = at
  while (((bytes[next] as number) & 0x80) !== 0) next++
  return next + 1
}
