import { basename, dirname } from 'node:path'
import { compressionTypes } from '../codec/compression.ts'
import { decodeGroupRecord } from '../consumer-group/records.ts'
import { batchPortions, portionBytes } from '../log/batch-portions.ts'
import { ReadBuffers } from '../log/read-buffers.ts'
import { decodeMetadataRecord } from '../metadata/records.ts'
import { crcHolds } from '../record/batch-crc.ts'
import type { BatchHeader } from '../record/batch-header.ts'
import { controlTypeOf, endTransactionOf } from '../record/control-record.ts'
import { type BatchRecord, readRecords } from '../record/record-reader.ts'
import { sequenceAfter } from '../log/producer-state-sequence.ts'
import type { Disk } from '../runtime/disk.ts'
import { sentenceOf } from './command-failed.ts'
import type { Dumped } from './dump-printer.ts'
import { jsonBytes, shownBytes } from './record-text.ts'

/** Batches of a segment in order, with their records if wanted. */
export async function* dumpSegment(
  path: string,
  options: { readonly records?: boolean; readonly disk: Disk },
): AsyncGenerator<Dumped> {
  const file = await options.disk.open(path, 'read')
  try {
    const upTo = await file.size()
    let nextOffset = -1
    for await (const portion of batchPortions(file, upTo, new ReadBuffers(portionBytes * 2))) {
      for (const { header, position } of portion.batches) {
        if (header.baseOffset < nextOffset) {
          yield { damage: `the batch at byte ${position} goes back from offset ${nextOffset} to ${header.baseOffset}` }
        }
        nextOffset = header.nextOffset
        yield* dumpBatch(header, position, path, options.records ?? false)
      }
      const { end, stoppedAt } = portion
      if (end !== 'bad' || (await isZero(file, stoppedAt, upTo))) continue
      yield { damage: `no whole batch at byte ${stoppedAt}, ${upTo - stoppedAt} bytes before the end` }
    }
  } finally {
    await file.close()
  }
}

/** A preallocated file ends in zeros. */
async function isZero(
  file: { read(into: Uint8Array, position: number): Promise<number> },
  from: number,
  upTo: number,
): Promise<boolean> {
  const block = Buffer.alloc(64 * 1024)
  for (let at = from; at < upTo; ) {
    const bytes = await file.read(block, at)
    if (bytes === 0) return true
    if (block.subarray(0, Math.min(bytes, upTo - at)).some((byte) => byte !== 0)) return false
    at += bytes
  }
  return true
}

async function* dumpBatch(
  header: BatchHeader,
  position: number,
  path: string,
  withRecords: boolean,
): AsyncGenerator<Dumped> {
  const facts = factsOf(header, position)
  yield { facts, line: lineOf(facts) }
  if (!facts.crcHolds) return yield { damage: `the CRC of the batch at byte ${position} does not hold` }
  if (!withRecords) return
  let records: BatchRecord[]
  try {
    records = await readRecords(header)
  } catch (error) {
    return yield { damage: `the records of the batch at byte ${position} cannot be read: ${sentenceOf(error)}` }
  }
  const topic = basename(dirname(path)).replace(/-\d+$/, '')
  for (const record of records) yield header.isControl ? dumpControl(record, header) : dumpRecord(record, header, topic)
}

/** What every record has in common. Sizes are of the bytes, -1 where there is no key or value. */
function recordFacts({ offset, timestamp, key, value }: BatchRecord, header: BatchHeader) {
  const { baseOffset, baseSequence, timestampType } = header
  return {
    offset,
    timestampType,
    timestamp,
    sequence: baseSequence < 0 ? -1 : sequenceAfter(baseSequence, offset - baseOffset),
    keySize: key?.length ?? -1,
    valueSize: value?.length ?? -1,
  }
}

function dumpControl(record: BatchRecord, header: BatchHeader): Dumped {
  const control = endTransactionOf(header) ?? { type: controlTypeOf(record.key) }
  return { facts: { ...recordFacts(record, header), control }, line: `  ${record.offset}  control: ${control.type}` }
}

function dumpRecord(record: BatchRecord, header: BatchHeader, topic: string): Dumped {
  const { offset, timestamp, key, value, headers } = record
  const decoded = decodedOf(record, topic)
  const facts = {
    ...recordFacts(record, header),
    key: jsonBytes(key),
    value: jsonBytes(value),
    headers: headers.map((header) => ({ key: header.key, value: jsonBytes(header.value) })),
    ...(decoded === null ? {} : { decoded }),
  }
  const shown = decoded === null ? `${shownBytes(key)}  ${shownBytes(value)}` : JSON.stringify(decoded, hexBytes)
  const tail = headers.map((header) => `${header.key}=${shownBytes(header.value)}`).join(',')
  const line = `  ${offset}  ${timestamp < 0 ? '(no time)' : new Date(timestamp).toISOString()}  ${shown}`
  return { facts, line: tail === '' ? line : `${line}  [${tail}]` }
}

/** What the broker's own topics say; null for anything else, or when it cannot be read. */
function decodedOf({ key, value }: BatchRecord, topic: string): object | null {
  try {
    if (topic === '__consumer_offsets' && key !== null) return decodeGroupRecord({ key, value })
    if (topic === '__cluster_metadata' && value !== null) return decodeMetadataRecord(value)
  } catch {
    return null
  }
  return null
}

function hexBytes(_key: string, value: unknown): unknown {
  const bytes = value as { type?: unknown; data?: unknown } | Uint8Array | null
  if (bytes instanceof Uint8Array) return `0x${Buffer.from(bytes).toString('hex')}`
  if (typeof bytes !== 'object' || bytes === null || !('type' in bytes) || bytes.type !== 'Buffer') return value
  return `0x${Buffer.from(bytes.data as number[]).toString('hex')}`
}

function factsOf(header: BatchHeader, position: number) {
  return {
    position,
    baseOffset: header.baseOffset,
    lastOffset: header.lastOffset,
    records: header.recordCount,
    sizeBytes: header.sizeBytes,
    magic: header.magic,
    leaderEpoch: header.partitionLeaderEpoch,
    compression: compressionTypes[header.codec] ?? `codec ${header.codec}`,
    timestampType: header.timestampType,
    baseTimestamp: header.baseTimestamp,
    maxTimestamp: header.maxTimestamp,
    deleteHorizonMs: header.hasDeleteHorizon ? header.baseTimestamp : null,
    producerId: header.producerId,
    producerEpoch: header.producerEpoch,
    baseSequence: header.baseSequence,
    lastSequence: header.lastSequence,
    isTransactional: header.isTransactional,
    isControl: header.isControl,
    crc: header.crc,
    crcHolds: crcHolds(header.bytes, header.at),
  }
}

function lineOf(facts: ReturnType<typeof factsOf>): string {
  const offsets =
    facts.baseOffset === facts.lastOffset ? `${facts.baseOffset}` : `${facts.baseOffset} to ${facts.lastOffset}`
  const time = facts.maxTimestamp < 0 ? '(no time)' : new Date(facts.maxTimestamp).toISOString()
  const producer =
    facts.producerId < 0
      ? ''
      : `  producer ${facts.producerId}/${facts.producerEpoch} sequence ${facts.baseSequence} to ${facts.lastSequence}`
  const horizon =
    facts.deleteHorizonMs === null ? '' : `  marks go from ${new Date(facts.deleteHorizonMs).toISOString()}`
  const marks = `${facts.isTransactional ? '  transactional' : ''}${facts.isControl ? '  control' : ''}${horizon}`
  const stamp = facts.timestampType === 'LogAppendTime' ? ' (append)' : ''
  return `byte ${facts.position}  offsets ${offsets}  ${facts.records} records  ${facts.sizeBytes} bytes  ${facts.compression}  epoch ${facts.leaderEpoch}  ${time}${stamp}${producer}${marks}`
}
