import { type CompressionType, compressionTypes, compressNow, decompressNow } from '../codec/compression.ts'
import { DecompressedTooLarge } from '../codec/decompressed-too-large.ts'
import { MalformedInput } from '../codec/malformed-input.ts'
import { asBuffer } from '../codec/as-buffer.ts'
import { sealBatch } from './batch-crc.ts'
import { BatchHeader, batchHeaderBytes, recodeHeader } from './batch-header.ts'
import {
  type BatchRefusal,
  type BatchRules,
  isOutOfTime,
  type RecordRefusal,
  type ValidatedBatches,
} from './batch-validation.ts'
import type { Timestamp } from './offset.ts'
import { RecordWalk } from './record-walk.ts'

/** What a topic asks of the records within a batch, beyond what the header tells. */
export interface OpeningRules extends BatchRules {
  /** How batches are stored (`compression.type`); `producer`: as they come. */
  readonly compression: CompressionType | 'producer'
  /** Records without a key are refused: the topic is compacted. */
  readonly needsKeys: boolean
}

/** Records of one batch that are named in a refusal. */
const namedMax = 100
/** A batch whose records take more is refused as too large: its producer splits it. */
const decompressedBytesMax = 64 * 1024 * 1024

/** Whether the batch cannot stay closed. All others are stored as they came, and nobody looks into them. */
export function mustBeOpened(batch: BatchHeader, rules: OpeningRules): boolean {
  return rules.needsKeys || recodes(batch, rules)
}

/** The codecs that opening the batch takes. */
export function codecsOf(batch: BatchHeader, rules: OpeningRules): CompressionType[] {
  const own = compressionTypes[batch.codec] ?? 'none'
  return rules.compression === 'producer' ? [own] : [own, rules.compression]
}

/**
 * Opens a client's batch that `validateBatches` has passed: checks each record, as Kafka does with every batch, and
 * compresses them as the topic wants it. Gives the batch as it came where nothing has to change, a new one otherwise,
 * whose largest timestamp is that of its records. Both codecs must be ready (`prepareCodec`).
 */
export function openBatch(batches: ValidatedBatches, rules: OpeningRules): ValidatedBatches | BatchRefusal {
  const { first } = batches
  try {
    const stored = first.bytes.subarray(first.at + batchHeaderBytes, first.at + first.sizeBytes)
    const records = asBuffer(
      decompressNow(compressionTypes[first.codec] ?? 'none', stored, { maxBytes: decompressedBytesMax }),
    )
    const checked = check(new RecordWalk(records), first, rules)
    if ('code' in checked) return checked
    const changes = recodes(first, rules) || checked.maxTimestamp !== first.maxTimestamp
    return changes ? recoded(batches, { records, rules, maxTimestamp: checked.maxTimestamp }) : batches
  } catch (error) {
    if (error instanceof DecompressedTooLarge) return { code: 'message-too-large', reason: error.message }
    if (!(error instanceof MalformedInput)) throw error
    return { code: 'invalid-record', reason: `The records cannot be read: ${error.message}.` }
  }
}

function recodes(batch: BatchHeader, { compression }: OpeningRules): boolean {
  return compression !== 'producer' && compression !== compressionTypes[batch.codec]
}

function check(walk: RecordWalk, batch: BatchHeader, rules: OpeningRules): { maxTimestamp: Timestamp } | BatchRefusal {
  const { baseTimestamp, recordCount } = batch
  const keepsTime = rules.timestampType === 'CreateTime'
  const refused: RecordRefusal[] = []
  let code: BatchRefusal['code'] = 'invalid-record'
  let refusedCount = 0
  let maxTimestamp: Timestamp = -1
  let index = 0
  for (; walk.next(); index++) {
    if (walk.offsetDelta !== index) throw new MalformedInput(`offset delta ${walk.offsetDelta} at ${index}`, walk.start)
    const timestamp = baseTimestamp + walk.timestampDelta
    maxTimestamp = Math.max(maxTimestamp, timestamp)
    const isLate = keepsTime && isOutOfTime(timestamp, rules)
    const reason = isLate ? `Timestamp ${timestamp} is out of range.` : keyRefusal(walk, rules)
    if (reason === null) continue
    if (isLate) code = 'invalid-timestamp'
    if (refusedCount++ < namedMax) refused.push({ index, reason })
  }
  if (index !== recordCount) throw new MalformedInput(`${index} records, not ${recordCount}`, walk.end)
  if (refusedCount > 0)
    return { code, reason: `${refusedCount} of ${recordCount} records are refused.`, records: refused }
  return { maxTimestamp: keepsTime ? maxTimestamp : batch.maxTimestamp }
}

function keyRefusal(walk: RecordWalk, { needsKeys }: OpeningRules): string | null {
  return needsKeys && walk.keyBytes < 0 ? 'A record without a key cannot be in a compacted topic.' : null
}

function recoded(
  batches: ValidatedBatches,
  { records, rules, maxTimestamp }: { records: Buffer; rules: OpeningRules; maxTimestamp: Timestamp },
): ValidatedBatches | BatchRefusal {
  const { first } = batches
  const codec = rules.compression === 'producer' ? first.codec : compressionTypes.indexOf(rules.compression)
  const isSame = codec === first.codec
  const stored = isSame
    ? first.bytes.subarray(first.at + batchHeaderBytes, first.at + first.sizeBytes)
    : compressNow(compressionTypes[codec] ?? 'none', records)
  const bytes = Buffer.concat([first.bytes.subarray(first.at, first.at + batchHeaderBytes), stored])
  if (bytes.length > rules.maxMessageBytes) {
    const reason = `Stored as ${compressionTypes[codec]} the batch has ${bytes.length} bytes, at most ${rules.maxMessageBytes} may be.`
    return { code: 'message-too-large', reason }
  }
  recodeHeader(bytes, { codec, maxTimestamp })
  sealBatch(bytes, 0)
  return { ...batches, bytes, first: new BatchHeader(bytes) }
}
