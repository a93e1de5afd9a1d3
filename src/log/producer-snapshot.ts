import { crc32c } from '../codec/crc32c.ts'
import { MalformedInput } from '../codec/malformed-input.ts'
import { Reader } from '../codec/reader.ts'
import { Writer } from '../codec/writer.ts'
import { ProducerEntry } from './producer-state-entry.ts'

/** Version of Kafka's format that is read and written. */
const snapshotVersion = 1
/** Version and CRC; the CRC covers all that follows. */
const headBytes = 6
const entryBytes = 46
/** Begins the part that Kafka's readers pass over: `TrlP`. */
const additionMagic = 0x54726c50
const additionVersion = 1

/**
 * The producers of a partition in Kafka's `.snapshot` format (version 1, CRC-32C). Kafka keeps the newest batch of each
 * producer only, so that after a clean restart it takes a retry of an older one for a gap. Here the others follow behind
 * Kafka's fields, where its readers do not look though its CRC covers them.
 */
export function encodeProducerSnapshot(producers: Iterable<ProducerEntry>): Buffer {
  const entries = [...producers]
  const writer = new Writer()
  writer.int32(entries.length)
  for (const entry of entries) writeEntry(writer, entry)
  writer.int32(additionMagic)
  writer.int16(additionVersion)
  for (const entry of entries) writeAddition(writer, entry)
  const body = Buffer.concat(writer.finish())
  const head = Buffer.alloc(headBytes)
  head.writeInt16BE(snapshotVersion, 0)
  head.writeUInt32BE(crc32c(body), 2)
  return Buffer.concat([head, body])
}

/** Reads a snapshot; null when it is damaged or of another version (then an older one, or the log, must do). */
export function decodeProducerSnapshot(bytes: Uint8Array): ProducerEntry[] | null {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (file.length < headBytes + 4 || file.readInt16BE(0) !== snapshotVersion) return null
  if (file.readUInt32BE(2) !== crc32c(file, headBytes)) return null
  try {
    const reader = new Reader(file.subarray(headBytes))
    const count = reader.int32()
    if (count < 0 || count * entryBytes > reader.remaining) return null
    const entries = Array.from({ length: count }, () => readEntry(reader))
    readAdditions(reader, entries)
    return entries
  } catch (error) {
    if (error instanceof MalformedInput) return null
    throw error
  }
}

function writeEntry(writer: Writer, entry: ProducerEntry): void {
  const last = entry.lastBatch
  writer.int64(entry.producerId)
  writer.int16(entry.producerEpoch)
  writer.int32(last?.lastSequence ?? -1)
  writer.int64(last?.lastOffset ?? -1)
  writer.int32(last?.offsetDelta ?? 0)
  writer.int64(entry.lastTimestamp)
  writer.int32(entry.coordinatorEpoch)
  writer.int64(entry.transactionFirstOffset)
}

function readEntry(reader: Reader): ProducerEntry {
  const entry = new ProducerEntry(reader.int64())
  entry.producerEpoch = reader.int16()
  const lastSequence = reader.int32()
  const lastOffset = reader.int64()
  const offsetDelta = reader.int32()
  const timestamp = reader.int64()
  entry.coordinatorEpoch = reader.int32()
  entry.transactionFirstOffset = Math.max(reader.int64(), -1)
  if (lastOffset >= 0) entry.addBatch(lastSequence, lastOffset, offsetDelta, timestamp)
  entry.lastTimestamp = timestamp
  entry.lastSeenMs = timestamp
  return entry
}

function writeAddition(writer: Writer, entry: ProducerEntry): void {
  const { batches } = entry
  writer.int64(entry.lastSeenMs)
  writer.int64(entry.lastBatch?.timestamp ?? -1)
  writer.int8(Math.max(batches.length - 1, 0))
  for (const batch of batches.slice(0, -1)) {
    writer.int32(batch.lastSequence)
    writer.int64(batch.lastOffset)
    writer.int32(batch.offsetDelta)
    writer.int64(batch.timestamp)
  }
}

/** A snapshot that Kafka wrote has nothing here; what a newer release wrote is not needed. */
function readAdditions(reader: Reader, entries: readonly ProducerEntry[]): void {
  if (reader.remaining < 6 || reader.int32() !== additionMagic || reader.int16() !== additionVersion) return
  for (const entry of entries) {
    const { lastBatch: last, lastTimestamp } = entry
    entry.lastSeenMs = reader.int64()
    const lastBatchTimestamp = reader.int64()
    entry.clearBatches()
    for (let earlier = reader.int8(); earlier > 0; earlier--) {
      entry.addBatch(reader.int32(), reader.int64(), reader.int32(), reader.int64())
    }
    if (last !== undefined) entry.addBatch(last.lastSequence, last.lastOffset, last.offsetDelta, lastBatchTimestamp)
    entry.lastTimestamp = lastTimestamp
  }
}
