import { asBuffer } from '../codec/as-buffer.ts'
import { type BatchHeader, batchHeaderBytes } from './batch-header.ts'

/** What a control batch's record says when it ends a transaction (KIP-98). */
export interface EndTransactionRecord {
  readonly type: 'commit' | 'abort'
  readonly coordinatorEpoch: number
}

/**
 * The end-of-transaction record in a control batch, or null where the batch holds another kind of control record, or
 * none that can be read (compaction removes them). Control batches are never compressed.
 */
export function endTransactionOf(batch: BatchHeader): EndTransactionRecord | null {
  if (!batch.isControl || batch.codec !== 0 || batch.recordCount < 1) return null
  const bytes = asBuffer(batch.bytes).subarray(batch.at + batchHeaderBytes, batch.at + batch.sizeBytes)
  const cursor = { bytes, at: 0 }
  // Length, attributes, timestamp delta, offset delta.
  if (readVarint(cursor) < 0) return null
  cursor.at++
  readVarint(cursor)
  readVarint(cursor)
  const keyLength = readVarint(cursor)
  const keyAt = cursor.at
  if (keyLength < 4 || keyAt + keyLength > bytes.length) return null
  cursor.at += keyLength
  const valueLength = readVarint(cursor)
  const valueAt = cursor.at
  const type = bytes.readInt16BE(keyAt + 2)
  if ((type !== 0 && type !== 1) || valueLength < 6 || valueAt + valueLength > bytes.length) return null
  return { type: type === 0 ? 'abort' : 'commit', coordinatorEpoch: bytes.readInt32BE(valueAt + 2) }
}

/** Kinds of control records by Kafka's numbers: ends of transactions, and what Kafka's own metadata log has besides. */
const controlTypes = [
  'abort',
  'commit',
  'leader-change',
  'snapshot-header',
  'snapshot-footer',
  'kraft-version',
  'kraft-voters',
] as const

/** What a control record is about, by its key. */
export function controlTypeOf(key: Uint8Array | null): (typeof controlTypes)[number] | 'unknown' {
  return key === null || key.length < 4 ? 'unknown' : (controlTypes[asBuffer(key).readInt16BE(2)] ?? 'unknown')
}

/** Zigzag varint of up to 64 bits, as a number; -1 at the end of the bytes, and for one of more than 64 bits. */
function readVarint(cursor: { bytes: Buffer; at: number }): number {
  let value = 0
  let scale = 1
  const end = Math.min(cursor.bytes.length, cursor.at + 10)
  while (cursor.at < end) {
    const byte = cursor.bytes[cursor.at++] as number
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    scale *= 128
  }
  return -1
}
