import { asBuffer } from '../../codec/as-buffer.ts'
import { crc32cFollowing } from '../../codec/crc32c.ts'
import { MalformedInput } from '../../codec/malformed-input.ts'
import { decodeVersioned, encodeVersioned, message } from '../../codec/message.ts'
import { batchPortions, portionBytes } from '../../log/batch-portions.ts'
import { ReadBuffers } from '../../log/read-buffers.ts'
import { crcHolds } from '../../record/batch-crc.ts'
import type { BatchHeader } from '../../record/batch-header.ts'
import { buildBatch, type RecordInput } from '../../record/batch-builder.ts'
import { controlTypeOf } from '../../record/control-record.ts'
import type { LeaderEpoch, Timestamp } from '../../record/offset.ts'
import { type BatchRecord, readRecords } from '../../record/record-reader.ts'
import type { Disk } from '../../runtime/disk.ts'
import { decodeMetadataRecord, encodeMetadataRecords, type MetadataRecord } from '../records.ts'

const controlKey = message({ type: { type: 'int16', about: 'Kind of the control record.' } })
const headerType = 3
const footerType = 4

/** As Kafka's snapshots begin and end (KIP-630). */
const header = message(
  { lastContainedLogTimestamp: { type: 'int64', about: 'When the last record was appended that it holds.' } },
  { flexibleSince: 0 },
)
const footer = message(
  {
    crc: {
      type: 'int64',
      tagged: { tag: 100, since: 0 },
      about: 'CRC-32C of all bytes before this batch. Trilog only.',
    },
  },
  { flexibleSince: 0 },
)

/** A batch of a snapshot is closed at so many records: what is encoded at once holds up nobody for long. */
const batchRecordsMax = 500

/**
 * A snapshot as a file: a header, the records in batches, and a footer with the CRC of all before it. So a file that was not
 * written to its end, or lost some of it, is none. Durable when resolved, but for its name.
 */
export async function writeSnapshotFile(
  disk: Disk,
  path: string,
  of: { records: Iterable<MetadataRecord>; epoch: LeaderEpoch; timestamp: Timestamp },
): Promise<void> {
  const { epoch, timestamp } = of
  const file = await disk.open(path, 'truncate')
  let at = 0
  let crc = 0
  let baseOffset = 0
  const write = async (records: readonly RecordInput[], control: boolean): Promise<void> => {
    const batch = buildBatch(records, { baseOffset, epoch, control })
    await file.write([batch], at)
    at += batch.length
    crc = crc32cFollowing(crc, batch)
    baseOffset += records.length
  }
  const control = (type: number, value: Uint8Array): Promise<void> =>
    write([{ timestamp, key: encodeVersioned(controlKey, { type }, 0), value }], true)
  try {
    await control(headerType, encodeVersioned(header, { lastContainedLogTimestamp: timestamp }, 0))
    const writeRecords = (records: readonly MetadataRecord[]): Promise<void> =>
      write(
        encodeMetadataRecords(records).map((value) => ({ timestamp, value })),
        false,
      )
    let batch: MetadataRecord[] = []
    for (const record of of.records) {
      batch.push(record)
      if (batch.length < batchRecordsMax) continue
      await writeRecords(batch)
      batch = []
    }
    if (batch.length > 0) await writeRecords(batch)
    await control(footerType, encodeVersioned(footer, { crc }, 0))
    await file.sync()
  } finally {
    await file.close()
  }
}

/**
 * Shows every record of a snapshot to `take`, in order. False: it is not whole, and what was taken is to be forgotten. Rejects with
 * a `DiskFault`, or when a newer release has written it.
 */
export async function readSnapshotFile(
  disk: Disk,
  path: string,
  take: (record: MetadataRecord) => void,
): Promise<boolean> {
  const file = await disk.open(path, 'read')
  try {
    const size = await file.size()
    const seen = new SeenBatches()
    for await (const { batches } of batchPortions(file, size, new ReadBuffers(portionBytes * 2))) {
      for (const { header: batch } of batches) {
        if (!crcHolds(batch.bytes, batch.at) || seen.isEnded) return false
        for (const record of seen.add(batch, await readRecords(batch))) take(record)
      }
    }
    return seen.isEnded && seen.bytes === size
  } catch (error) {
    if (error instanceof MalformedInput) return false
    throw error
  } finally {
    await file.close()
  }
}

/** How much of a snapshot was seen, and whether it is what its footer says. Throws `MalformedInput` where it cannot be. */
class SeenBatches {
  bytes = 0
  isEnded = false
  #crc = 0
  #nextOffset = 0
  #epoch: LeaderEpoch | null = null

  /** The records of the image that the batch holds. */
  add(batch: BatchHeader, records: readonly BatchRecord[]): MetadataRecord[] {
    const { partitionLeaderEpoch, baseOffset } = batch
    this.#epoch ??= partitionLeaderEpoch
    // Neither is covered by the CRC of a batch.
    if (baseOffset !== this.#nextOffset || partitionLeaderEpoch !== this.#epoch) {
      throw new MalformedInput('batches that do not follow on each other', this.bytes)
    }
    if (batch.isControl) this.#onControl(records)
    else if (this.#nextOffset === 0) throw new MalformedInput('a snapshot without its header', 0)
    this.#nextOffset = batch.nextOffset
    this.bytes += batch.sizeBytes
    this.#crc = crc32cFollowing(this.#crc, asBuffer(batch.bytes))
    return batch.isControl ? [] : records.map(({ value }) => this.#decoded(value))
  }

  #decoded(value: Uint8Array | null): MetadataRecord {
    if (value === null) throw new MalformedInput('a record without a value', this.bytes)
    return decodeMetadataRecord(value)
  }

  #onControl([record]: readonly BatchRecord[]): void {
    const { key = null, value = null } = record ?? {}
    const type = controlTypeOf(key)
    const isFirst = this.#nextOffset === 0
    if (isFirst !== (type === 'snapshot-header')) throw new MalformedInput('a header in the wrong place', this.bytes)
    if (isFirst) return
    if (type !== 'snapshot-footer' || value === null) throw new MalformedInput(`a record of ${type}`, this.bytes)
    if (decodeVersioned(footer, value).value.crc !== this.#crc) throw new MalformedInput('another CRC', this.bytes)
    this.isEnded = true
  }
}
