import { compressionTypes, decompress } from '../codec/compression.ts'
import { MalformedInput } from '../codec/malformed-input.ts'
import { Reader } from '../codec/reader.ts'
import { BatchHeader, batchHeaderBytes } from './batch-header.ts'
import type { Offset, Timestamp } from './offset.ts'

export interface RecordHeader {
  readonly key: string
  readonly value: Buffer | null
}

/** One record. Key, value and header values are views on the batch's (decompressed) bytes. */
export interface BatchRecord {
  readonly offset: Offset
  readonly timestamp: Timestamp
  /** null is a key that is not there; an empty one is another thing. */
  readonly key: Buffer | null
  /** null is a tombstone. */
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
}

/** Decompressed records of one batch take at most this, unless the caller says otherwise. */
const decompressedBytesMax = 64 * 1024 * 1024

/**
 * The records of one batch, decompressed. Throws MalformedInput (or DecompressedTooLarge) when the bytes are not what
 * the header says.
 */
export async function readRecords(
  batch: BatchHeader,
  options: { maxDecompressedBytes?: number } = {},
): Promise<BatchRecord[]> {
  return [...(await recordsIn(batch, options))]
}

/**
 * The same, one by one: a batch of a megabyte may hold millions of records, which together would take many times its
 * decompressed size. What is malformed is found when it is come to.
 */
export async function recordsIn(
  batch: BatchHeader,
  options: { maxDecompressedBytes?: number } = {},
): Promise<Iterable<BatchRecord>> {
  const type = compressionTypes[batch.codec]
  if (type === undefined) throw new MalformedInput(`compression type ${batch.codec}`, 0)
  // What the view shows may move on while the bytes are decompressed.
  const { baseOffset, baseTimestamp, maxTimestamp, recordCount, timestampType } = batch
  const stamped = timestampType === 'LogAppendTime' ? maxTimestamp : null
  const stored = batch.bytes.subarray(batch.at + batchHeaderBytes, batch.at + batch.sizeBytes)
  const maxBytes = options.maxDecompressedBytes ?? decompressedBytesMax
  const reader = new Reader(await decompress(type, stored, { maxBytes }))
  return eachRecord(reader, { recordCount, baseOffset, baseTimestamp, stamped })
}

function* eachRecord(
  reader: Reader,
  of: { recordCount: number; baseOffset: Offset; baseTimestamp: Timestamp; stamped: Timestamp | null },
): Generator<BatchRecord> {
  for (let i = 0; i < of.recordCount; i++) yield readRecord(reader, of)
  if (reader.remaining > 0)
    throw new MalformedInput(`${reader.remaining} bytes behind the last record`, reader.position)
}

function readRecord(
  reader: Reader,
  base: { baseOffset: Offset; baseTimestamp: Timestamp; stamped: Timestamp | null },
): BatchRecord {
  const size = reader.varint()
  const end = reader.position + size
  if (size < 0 || size > reader.remaining) throw new MalformedInput(`a record of ${size} bytes`, reader.position)
  reader.skip(1)
  const timestampDelta = reader.varlong()
  const offset = base.baseOffset + reader.varint()
  const key = readBytes(reader)
  const value = readBytes(reader)
  const headers = readHeaders(reader)
  if (reader.position !== end) throw new MalformedInput('a record that is not as long as it says', reader.position)
  return { offset, timestamp: base.stamped ?? base.baseTimestamp + timestampDelta, key, value, headers }
}

function readHeaders(reader: Reader): RecordHeader[] {
  const count = reader.varint()
  // Two lengths at least for each: a count that cannot be true is refused before memory is taken for it.
  if (count < 0 || count * 2 > reader.remaining) throw new MalformedInput(`${count} headers`, reader.position)
  const headers: RecordHeader[] = []
  for (let i = 0; i < count; i++) {
    const keyBytes = reader.varint()
    if (keyBytes < 0) throw new MalformedInput('a header without a key', reader.position)
    headers.push({ key: reader.string(keyBytes), value: readBytes(reader) })
  }
  return headers
}

function readBytes(reader: Reader): Buffer | null {
  const length = reader.varint()
  return length < 0 ? null : reader.bytes(length)
}

/** The batches that lie one behind the other in `bytes`, each as a header of its own. A cut-off last one is left out. */
export function* batchesIn(bytes: Buffer): Generator<BatchHeader> {
  let at = 0
  while (at + batchHeaderBytes <= bytes.length) {
    const header = new BatchHeader(bytes, at)
    const size = header.sizeBytes
    if (size < batchHeaderBytes || at + size > bytes.length) return
    yield header
    at += size
  }
}
