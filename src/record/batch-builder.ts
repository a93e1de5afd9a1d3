import { type CompressionType, compress, compressionTypes } from '../codec/compression.ts'
import { varlongBytes, Writer } from '../codec/writer.ts'
import { sealBatch } from './batch-crc.ts'
import { attributesFor, batchHeaderBytes, writeBatchHeader } from './batch-header.ts'
import { type LeaderEpoch, noEpoch, type Offset, type Timestamp } from './offset.ts'

/** A record to be written. Left out: no key, no value (a tombstone), no headers. */
export interface RecordInput {
  readonly timestamp: Timestamp
  readonly key?: Uint8Array | null
  readonly value?: Uint8Array | null
  readonly headers?: readonly { readonly key: string; readonly value: Uint8Array | null }[]
}

export interface BatchOptions {
  /** Given by the broker anew when it appends. Default 0. */
  readonly baseOffset?: Offset
  readonly epoch?: LeaderEpoch
  readonly producer?: { readonly id: number; readonly epoch: number; readonly baseSequence: number }
  readonly transactional?: boolean
  readonly control?: boolean
}

const noProducer = { id: -1, epoch: -1, baseSequence: -1 }

/** A record batch v2 of at least one record, uncompressed, in one buffer of its own. */
export function buildBatch(records: readonly RecordInput[], options: BatchOptions = {}): Buffer {
  return assemble(records, encodeRecords(records), 'none', options)
}

/** The same, compressed. */
export async function buildCompressedBatch(
  records: readonly RecordInput[],
  type: CompressionType,
  options: BatchOptions = {},
): Promise<Buffer> {
  return assemble(records, [await compress(type, Buffer.concat(encodeRecords(records)))], type, options)
}

function assemble(
  records: readonly RecordInput[],
  stored: readonly Uint8Array[],
  type: CompressionType,
  options: BatchOptions,
): Buffer {
  const first = records[0]
  if (first === undefined) throw new RangeError('a record batch has at least one record')
  const batch = Buffer.concat([Buffer.alloc(batchHeaderBytes), ...stored])
  const { id, epoch, baseSequence } = options.producer ?? noProducer
  writeBatchHeader(batch, {
    baseOffset: options.baseOffset ?? 0,
    partitionLeaderEpoch: options.epoch ?? noEpoch,
    attributes: attributesFor({
      codec: compressionTypes.indexOf(type),
      transactional: options.transactional ?? false,
      control: options.control ?? false,
    }),
    lastOffsetDelta: records.length - 1,
    baseTimestamp: first.timestamp,
    maxTimestamp: records.reduce((max, record) => Math.max(max, record.timestamp), first.timestamp),
    producerId: id,
    producerEpoch: epoch,
    baseSequence,
    recordCount: records.length,
  })
  sealBatch(batch, 0)
  return batch
}

/** All in one writer: the pieces of ten thousand records, each with a buffer of its own, would outlive them. */
function encodeRecords(records: readonly RecordInput[]): Uint8Array[] {
  const baseTimestamp = records[0]?.timestamp ?? 0
  const writer = new Writer()
  records.forEach((record, offsetDelta) => {
    const deltas = { timestampDelta: record.timestamp - baseTimestamp, offsetDelta }
    writer.varint(recordBytes(record, deltas))
    writeRecord(writer, record, deltas)
  })
  return writer.finish()
}

interface Deltas {
  readonly timestampDelta: number
  readonly offsetDelta: number
}

function writeRecord(writer: Writer, record: RecordInput, { timestampDelta, offsetDelta }: Deltas): void {
  writer.int8(0)
  writer.varlong(timestampDelta)
  writer.varint(offsetDelta)
  writeBytes(writer, record.key ?? null)
  writeBytes(writer, record.value ?? null)
  const headers = record.headers ?? []
  writer.varint(headers.length)
  for (const { key, value } of headers) {
    writeBytes(writer, Buffer.from(key))
    writeBytes(writer, value)
  }
}

/** What `writeRecord` writes: it stands in front. */
function recordBytes(record: RecordInput, { timestampDelta, offsetDelta }: Deltas): number {
  const headers = record.headers ?? []
  let bytes = 1 + varlongBytes(timestampDelta) + varlongBytes(offsetDelta)
  bytes += sizedBytes(record.key?.length) + sizedBytes(record.value?.length) + varlongBytes(headers.length)
  for (const { key, value } of headers) bytes += sizedBytes(Buffer.byteLength(key)) + sizedBytes(value?.length)
  return bytes
}

/** Of bytes with their length in front; undefined: of none. */
const sizedBytes = (length: number | undefined): number => (length === undefined ? 1 : varlongBytes(length) + length)

function writeBytes(writer: Writer, bytes: Uint8Array | null): void {
  writer.varint(bytes === null ? -1 : bytes.length)
  if (bytes !== null) writer.bytes(bytes)
}
