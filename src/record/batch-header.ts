import type { LeaderEpoch, Offset, Timestamp } from './offset.ts'

/** Bytes of a v2 batch header; records (compressed or not) follow it. */
export const batchHeaderBytes = 61
/** Bytes before what `batchLength` counts: base offset and the length itself. */
const batchLengthOverhead = 12
/** The CRC covers everything from here to the end of the batch. */
export const crcCoversFrom = 21

const epochAt = 12
const magicAt = 16
const crcAt = 17
const attributesAt = 21
const lastOffsetDeltaAt = 23
const baseTimestampAt = 27
const maxTimestampAt = 35
const producerIdAt = 43
const producerEpochAt = 51
const baseSequenceAt = 53
const recordCountAt = 57

const codecMask = 0x07
const logAppendTimeBit = 0x08
const transactionalBit = 0x10
const controlBit = 0x20
const deleteHorizonBit = 0x40
/** Every attribute bit that a v2 batch may have. */
export const knownAttributes = codecMask | logAppendTimeBit | transactionalBit | controlBit | deleteHorizonBit

const twoTo32 = 4294967296

/**
 * A record batch v2 (KIP-98) seen through its 61-byte header: a view, nothing is copied or checked. `moveTo` points the
 * same view at another batch, so that walking a log makes no object per batch.
 */
export class BatchHeader {
  #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes
    this.#at = at
  }

  moveTo(bytes: Buffer, at: number): this {
    this.#bytes = bytes
    this.#at = at
    return this
  }

  get bytes(): Buffer {
    return this.#bytes
  }

  /** Where in `bytes` the batch begins. */
  get at(): number {
    return this.#at
  }

  get baseOffset(): Offset {
    return baseOffsetOf(this.#bytes, this.#at)
  }

  /** Size of the whole batch, header and all. */
  get sizeBytes(): number {
    return batchSizeOf(this.#bytes, this.#at)
  }

  get partitionLeaderEpoch(): LeaderEpoch {
    return this.#bytes.readInt32BE(this.#at + epochAt)
  }

  get magic(): number {
    return magicOf(this.#bytes, this.#at)
  }

  get crc(): number {
    return crcOf(this.#bytes, this.#at)
  }

  get attributes(): number {
    return this.#bytes.readInt16BE(this.#at + attributesAt)
  }

  /** 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd; 5 to 7 are nobody's. */
  get codec(): number {
    return this.attributes & codecMask
  }

  get timestampType(): 'CreateTime' | 'LogAppendTime' {
    return (this.attributes & logAppendTimeBit) === 0 ? 'CreateTime' : 'LogAppendTime'
  }

  get isTransactional(): boolean {
    return (this.attributes & transactionalBit) !== 0
  }

  get isControl(): boolean {
    return (this.attributes & controlBit) !== 0
  }

  /** The compaction's delete horizon stands in place of the base timestamp (KIP-534). */
  get hasDeleteHorizon(): boolean {
    return (this.attributes & deleteHorizonBit) !== 0
  }

  get lastOffsetDelta(): number {
    return this.#bytes.readInt32BE(this.#at + lastOffsetDeltaAt)
  }

  get lastOffset(): Offset {
    return this.baseOffset + this.lastOffsetDelta
  }

  get nextOffset(): Offset {
    return nextOffsetOf(this.#bytes, this.#at)
  }

  get baseTimestamp(): Timestamp {
    return readInt64(this.#bytes, this.#at + baseTimestampAt)
  }

  get maxTimestamp(): Timestamp {
    return maxTimestampOf(this.#bytes, this.#at)
  }

  /** -1: not an idempotent producer. */
  get producerId(): number {
    return readInt64(this.#bytes, this.#at + producerIdAt)
  }

  get producerEpoch(): number {
    return this.#bytes.readInt16BE(this.#at + producerEpochAt)
  }

  /** Sequence number of the first record; -1 without a producer id. */
  get baseSequence(): number {
    return this.#bytes.readInt32BE(this.#at + baseSequenceAt)
  }

  /** Sequences wrap to 0 after 2^31 - 1. */
  get lastSequence(): number {
    if (this.baseSequence < 0) return this.baseSequence
    return (this.baseSequence + this.lastOffsetDelta) % 2147483648
  }

  get recordCount(): number {
    return recordCountOf(this.#bytes, this.#at)
  }
}

/** Reads a signed 64-bit integer as a number: exact within ±2^53, which who reads foreign bytes must check. */
export function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * twoTo32 + bytes.readUInt32BE(at + 4)
}

/** Writes an integer within ±2^53 as a signed 64-bit one. */
export function writeInt64(bytes: Buffer, value: number, at: number): void {
  const high = Math.floor(value / twoTo32)
  bytes.writeInt32BE(high, at)
  bytes.writeUInt32BE(value - high * twoTo32, at + 4)
}

export function baseOffsetOf(bytes: Buffer, at: number): Offset {
  return readInt64(bytes, at)
}

/** Size of the whole batch that begins at `at`; at least 17 of its bytes must be there for the header to be told. */
export function batchSizeOf(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at + 8) + batchLengthOverhead
}

export function magicOf(bytes: Buffer, at: number): number {
  return bytes.readInt8(at + magicAt)
}

export function leaderEpochOf(bytes: Buffer, at: number): LeaderEpoch {
  return bytes.readInt32BE(at + epochAt)
}

export function crcOf(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at + crcAt)
}

export function nextOffsetOf(bytes: Buffer, at: number): Offset {
  return readInt64(bytes, at) + bytes.readInt32BE(at + lastOffsetDeltaAt) + 1
}

function maxTimestampOf(bytes: Buffer, at: number): Timestamp {
  return readInt64(bytes, at + maxTimestampAt)
}

function recordCountOf(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at + recordCountAt)
}

/** Gives the batch its place in the log. Neither field is covered by the CRC. */
export function placeBatch(bytes: Buffer, at: number, place: { baseOffset: Offset; epoch: LeaderEpoch }): void {
  writeInt64(bytes, place.baseOffset, at)
  bytes.writeInt32BE(place.epoch, at + epochAt)
}

/** What a batch header is written from; sizes and CRC follow from the bytes. */
export interface BatchHeaderFields {
  readonly baseOffset: Offset
  readonly partitionLeaderEpoch: LeaderEpoch
  readonly attributes: number
  readonly lastOffsetDelta: number
  readonly baseTimestamp: Timestamp
  readonly maxTimestamp: Timestamp
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly recordCount: number
}

/** Writes the header of the batch that fills `bytes`, but for its CRC (see `sealBatch` in batch-crc.ts). */
export function writeBatchHeader(bytes: Buffer, fields: BatchHeaderFields): void {
  writeInt64(bytes, fields.baseOffset, 0)
  bytes.writeInt32BE(bytes.length - batchLengthOverhead, 8)
  bytes.writeInt32BE(fields.partitionLeaderEpoch, epochAt)
  bytes.writeInt8(2, magicAt)
  bytes.writeInt16BE(fields.attributes, attributesAt)
  bytes.writeInt32BE(fields.lastOffsetDelta, lastOffsetDeltaAt)
  writeInt64(bytes, fields.baseTimestamp, baseTimestampAt)
  writeInt64(bytes, fields.maxTimestamp, maxTimestampAt)
  writeInt64(bytes, fields.producerId, producerIdAt)
  bytes.writeInt16BE(fields.producerEpoch, producerEpochAt)
  bytes.writeInt32BE(fields.baseSequence, baseSequenceAt)
  bytes.writeInt32BE(fields.recordCount, recordCountAt)
}

/** Stamps the batch with the broker's time (message.timestamp.type=LogAppendTime). The CRC must be made anew after it. */
export function stampLogAppendTime(bytes: Buffer, at: number, now: Timestamp): void {
  bytes.writeInt16BE(bytes.readInt16BE(at + attributesAt) | logAppendTimeBit, at + attributesAt)
  writeInt64(bytes, now, at + maxTimestampAt)
}

/** Gives the batch that fills `bytes` another codec and largest timestamp, and its size. The CRC must be made anew after it. */
export function recodeHeader(bytes: Buffer, to: { codec: number; maxTimestamp: Timestamp }): void {
  bytes.writeInt32BE(bytes.length - batchLengthOverhead, 8)
  bytes.writeInt16BE((bytes.readInt16BE(attributesAt) & ~codecMask) | to.codec, attributesAt)
  writeInt64(bytes, to.maxTimestamp, maxTimestampAt)
}

/** Compaction has taken records from the batch that fills `bytes`. The CRC must be made anew after it. */
export function compactHeader(
  bytes: Buffer,
  to: { recordCount: number; maxTimestamp: Timestamp; deleteHorizon: Timestamp | null },
): void {
  bytes.writeInt32BE(bytes.length - batchLengthOverhead, 8)
  bytes.writeInt32BE(to.recordCount, recordCountAt)
  writeInt64(bytes, to.maxTimestamp, maxTimestampAt)
  if (to.deleteHorizon === null) return
  bytes.writeInt16BE(bytes.readInt16BE(attributesAt) | deleteHorizonBit, attributesAt)
  writeInt64(bytes, to.deleteHorizon, baseTimestampAt)
}

export function writeCrc(bytes: Buffer, at: number, crc: number): void {
  bytes.writeUInt32BE(crc, at + crcAt)
}

/** The attributes word. `codec` 0 to 4. */
export function attributesFor(kind: {
  codec?: number
  logAppendTime?: boolean
  transactional?: boolean
  control?: boolean
}): number {
  return (
    (kind.codec ?? 0) |
    (kind.logAppendTime === true ? logAppendTimeBit : 0) |
    (kind.transactional === true ? transactionalBit : 0) |
    (kind.control === true ? controlBit : 0)
  )
}
