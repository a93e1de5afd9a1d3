import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compress, type CompressionType, compressionTypes, prepareCodec } from '../codec/compression.ts'
import { buildBatch, buildCompressedBatch } from './batch-builder.ts'
import { sealBatch } from './batch-crc.ts'
import { BatchHeader, batchHeaderBytes, writeInt64 } from './batch-header.ts'
import { openBatch, type OpeningRules } from './batch-opening.ts'
import { isRefusal, validateBatches } from './batch-validation.ts'

const nowMs = 1_000_000
const rules: OpeningRules = {
  maxMessageBytes: 1000,
  timestampType: 'CreateTime',
  timestampBeforeMaxMs: 1000,
  timestampAfterMaxMs: 1000,
  nowMs,
  origin: 'client',
  compression: 'lz4',
  needsKeys: false,
}

const records = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    timestamp: nowMs + i,
    key: Buffer.from(`k${i}`),
    value: Buffer.from('v'),
  }))

function opened(bytes: Buffer, more: Partial<OpeningRules> = {}) {
  const validated = validateBatches(bytes, { ...rules, ...more })
  if (isRefusal(validated)) return validated.code
  const outcome = openBatch(validated, { ...rules, ...more })
  return isRefusal(outcome) ? outcome.code : outcome.first
}

/** A batch around these bytes as its records, whatever they are. */
async function around(body: Buffer, codec: CompressionType, count: number): Promise<Buffer> {
  const header = buildBatch(records(count)).subarray(0, batchHeaderBytes)
  const bytes = Buffer.concat([header, await compress(codec, body)])
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes.writeInt16BE(compressionTypes.indexOf(codec), 21)
  sealBatch(bytes, 0)
  return bytes
}

test('records that are not what the header says are refused, compressed or not', async () => {
  await prepareCodec('zstd')
  const body = buildBatch(records(3)).subarray(batchHeaderBytes)
  const cut = body.subarray(0, body.length - 2)
  const skipped = Buffer.from(body)
  // The offset delta of the second record.
  const second = body.length / 3
  skipped[second + 3] = 10
  for (const codec of compressionTypes) {
    // With the codec that they have already, keys alone are asked for.
    const more = { needsKeys: true, compression: 'producer' as const }
    assert.ok(typeof opened(await around(body, codec, 3), more) === 'object')
    for (const [bytes, count] of [
      [cut, 3],
      [body, 2],
      [body, 4],
      [Buffer.concat([body, Buffer.alloc(9)]), 3],
      [skipped, 3],
    ] as const) {
      assert.equal(opened(await around(bytes, codec, count), more), 'invalid-record')
    }
    const garbage = await around(body, codec, 3)
    garbage.fill(0x7f, batchHeaderBytes)
    sealBatch(garbage, 0)
    assert.equal(opened(garbage, more), 'invalid-record', codec)
  }
})

test('a batch is refused as too large when it is, or its records are, once it is opened', async () => {
  const large = records(1).map((one) => ({ ...one, value: Buffer.alloc(5000) }))
  const packed = await buildCompressedBatch(large, 'gzip')
  assert.equal(opened(packed, { compression: 'none' }), 'message-too-large')
  const huge = await around(Buffer.alloc(65 * 1024 * 1024), 'gzip', 1)
  assert.equal(opened(huge, { maxMessageBytes: 1_000_000 }), 'message-too-large')
})

test('a header that lies about the largest timestamp is put right', () => {
  const lying = buildBatch(records(2))
  writeInt64(lying, nowMs + 900, 35)
  sealBatch(lying, 0)
  for (const compression of ['lz4', 'producer'] as const) {
    const batch = opened(lying, { compression, needsKeys: true })
    assert.ok(batch instanceof BatchHeader)
    assert.equal(batch.maxTimestamp, nowMs + 1)
  }
})

test('many records at fault are counted, and the first of them named', () => {
  const bytes = buildBatch(Array.from({ length: 300 }, () => ({ timestamp: nowMs, value: Buffer.from('v') })))
  const given = { bytes, first: new BatchHeader(bytes), batchCount: 1, recordCount: 300 }
  const outcome = openBatch(given, { ...rules, maxMessageBytes: 1_000_000, needsKeys: true })
  assert.ok(isRefusal(outcome))
  assert.equal(outcome.records?.length, 100)
  assert.match(outcome.reason, /^300 of 300 /)
})
