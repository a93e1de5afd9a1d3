import { asBuffer } from '../codec/as-buffer.ts'
import { crcHolds } from './batch-crc.ts'
import { BatchHeader, batchHeaderBytes, batchSizeOf, knownAttributes, magicOf } from './batch-header.ts'
import type { Timestamp } from './offset.ts'

/** Why bytes that came to be appended are not. `reason` is a sentence for the client and the log. */
export interface BatchRefusal {
  readonly code:
    | 'corrupt-message'
    | 'invalid-record'
    | 'invalid-timestamp'
    | 'message-too-large'
    | 'record-list-too-large'
    | 'unsupported-compression'
    | 'unsupported-magic'
  readonly reason: string
  /** The records at fault, where a batch was looked into. */
  readonly records?: readonly RecordRefusal[]
}

/** What is wrong with one record of a batch. */
export interface RecordRefusal {
  /** Place of the record in its batch, from 0. */
  readonly index: number
  readonly reason: string
}

/** One or more whole batches, checked, on the sender's own bytes (nothing is copied). */
export interface ValidatedBatches {
  readonly bytes: Buffer
  /** A view on the first batch: what the producer state is asked about. */
  readonly first: BatchHeader
  readonly batchCount: number
  readonly recordCount: number
}

export interface BatchRules {
  /** Largest batch, header and all (`max.message.bytes`). */
  readonly maxMessageBytes: number
  readonly timestampType: 'CreateTime' | 'LogAppendTime'
  /** How far a CreateTime may lie behind and ahead of `nowMs` (`message.timestamp.before.max.ms`, `.after.max.ms`). */
  readonly timestampBeforeMaxMs: number
  readonly timestampAfterMaxMs: number
  readonly nowMs: Timestamp
  /**
   * `client`: exactly one batch, which is no control batch (as Kafka takes it from a producer). `broker`: this
   * broker's own, any number of batches, control batches too.
   */
  readonly origin: 'client' | 'broker'
}

/**
 * Checks everything about the batches that their headers and CRCs tell: sizes, magic 2, CRC, counts, attributes,
 * producer fields and timestamps. Records are never looked into, so a batch whose records disagree with its header
 * passes: they are their producer's. Timestamps are judged by the header's base and max timestamp.
 */
export function validateBatches(given: Uint8Array, rules: BatchRules): ValidatedBatches | BatchRefusal {
  const bytes = asBuffer(given)
  if (bytes.length === 0) return refusal('invalid-record', 'There is no record batch.')
  let batchCount = 0
  let recordCount = 0
  for (let at = 0; at < bytes.length; at += batchSizeOf(bytes, at)) {
    const refused = refusalOf(bytes, at, rules)
    if (refused !== null) return refused
    batchCount++
    recordCount += new BatchHeader(bytes, at).recordCount
  }
  if (rules.origin === 'client' && batchCount > 1) {
    return refusal('invalid-record', `A partition takes exactly one record batch per request, not ${batchCount}.`)
  }
  return { bytes, first: new BatchHeader(bytes), batchCount, recordCount }
}

export function isRefusal(validated: ValidatedBatches | BatchRefusal): validated is BatchRefusal {
  return 'code' in validated
}

function refusalOf(bytes: Buffer, at: number, rules: BatchRules): BatchRefusal | null {
  // Magic stands at the same place in every format, so that an old one is told from garbage.
  if (bytes.length - at > 16 && magicOf(bytes, at) < 2) {
    return refusal('unsupported-magic', `Message format v${magicOf(bytes, at)} is not taken, only v2.`)
  }
  if (bytes.length - at < batchHeaderBytes) return refusal('corrupt-message', 'The record batch is cut short.')
  const size = batchSizeOf(bytes, at)
  if (size < batchHeaderBytes || size > bytes.length - at) {
    return refusal('corrupt-message', `The record batch says ${size} bytes, of ${bytes.length - at} that are there.`)
  }
  if (magicOf(bytes, at) !== 2) return refusal('invalid-record', `Magic ${magicOf(bytes, at)} is unknown.`)
  if (size > rules.maxMessageBytes) {
    return refusal('message-too-large', `The record batch has ${size} bytes, at most ${rules.maxMessageBytes} may be.`)
  }
  if (!crcHolds(bytes, at)) return refusal('corrupt-message', 'The record batch does not match its CRC.')
  const header = new BatchHeader(bytes, at)
  return shapeRefusal(header, rules) ?? producerRefusal(header) ?? timestampRefusal(header, rules)
}

function shapeRefusal(header: BatchHeader, rules: BatchRules): BatchRefusal | null {
  const { recordCount, lastOffsetDelta } = header
  if ((header.attributes & ~knownAttributes) !== 0) {
    return refusal('invalid-record', `Attributes ${header.attributes} have unknown bits.`)
  }
  if (header.codec > 4) return refusal('unsupported-compression', `Compression type ${header.codec} is unknown.`)
  if (header.isControl && rules.origin === 'client') {
    return refusal('invalid-record', 'Clients may not write control batches.')
  }
  if (recordCount < 1 || lastOffsetDelta !== recordCount - 1) {
    return refusal('invalid-record', `${recordCount} records do not go with a last offset delta of ${lastOffsetDelta}.`)
  }
  // One byte of length, attributes, two deltas, two lengths and a header count each: more records do not fit.
  const smallestRecord = 7
  if (header.codec === 0 && header.sizeBytes < batchHeaderBytes + recordCount * smallestRecord) {
    return refusal('invalid-record', `${recordCount} records do not fit into ${header.sizeBytes} bytes.`)
  }
  return null
}

function producerRefusal(header: BatchHeader): BatchRefusal | null {
  const { producerId, producerEpoch, baseSequence } = header
  if (producerId < 0) {
    const isNone = producerId === -1 && !header.isTransactional
    return isNone ? null : refusal('invalid-record', 'A transactional batch needs a producer id.')
  }
  if (!Number.isSafeInteger(producerId)) return refusal('invalid-record', 'The producer id is out of range.')
  if (producerEpoch < 0) return refusal('invalid-record', 'An idempotent batch needs a producer epoch.')
  if (baseSequence < 0 && !header.isControl) {
    return refusal('invalid-record', 'An idempotent batch needs a base sequence.')
  }
  return null
}

function timestampRefusal(header: BatchHeader, rules: BatchRules): BatchRefusal | null {
  if (header.isControl) return null
  if (header.timestampType === 'LogAppendTime') {
    return refusal('invalid-timestamp', 'The producer may not say LogAppendTime: that is for the broker to say.')
  }
  if (rules.timestampType === 'LogAppendTime') return null
  const { baseTimestamp, maxTimestamp } = header
  if (!Number.isSafeInteger(baseTimestamp) || !Number.isSafeInteger(maxTimestamp)) {
    return refusal('invalid-timestamp', 'The timestamp is out of range.')
  }
  for (const timestamp of [baseTimestamp, maxTimestamp]) {
    if (isOutOfTime(timestamp, rules)) return refusal('invalid-timestamp', `Timestamp ${timestamp} is out of range.`)
  }
  return null
}

/** Whether a record of that time may not be appended now. -1, no time, always may. */
export function isOutOfTime(timestamp: Timestamp, rules: BatchRules): boolean {
  const { nowMs, timestampBeforeMaxMs, timestampAfterMaxMs } = rules
  return timestamp !== -1 && (timestamp < nowMs - timestampBeforeMaxMs || timestamp > nowMs + timestampAfterMaxMs)
}

function refusal(code: BatchRefusal['code'], reason: string): BatchRefusal {
  return { code, reason }
}
