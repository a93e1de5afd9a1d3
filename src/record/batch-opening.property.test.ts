import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type CompressionType, compressionTypes, prepareCodec } from '../codec/compression.ts'
import { buildCompressedBatch, type RecordInput } from './batch-builder.ts'
import { crcHolds } from './batch-crc.ts'
import { BatchHeader } from './batch-header.ts'
import { mustBeOpened, openBatch, type OpeningRules } from './batch-opening.ts'
import { isRefusal, validateBatches } from './batch-validation.ts'
import { readRecords } from './record-reader.ts'

const nowMs = 1_000_000

const record: fc.Arbitrary<RecordInput> = fc.record(
  {
    timestamp: fc.oneof(fc.constant(nowMs), fc.integer({ min: nowMs - 1500, max: nowMs + 1500 })),
    key: fc.option(
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      { nil: null, freq: 8 },
    ),
    value: fc.option(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      { nil: null },
    ),
    headers: fc.array(fc.record({ key: fc.string({ maxLength: 4 }), value: fc.constant(Buffer.from('v')) }), {
      maxLength: 2,
    }),
  },
  { noNullPrototype: true },
)

function rulesOf(more: Partial<OpeningRules>): OpeningRules {
  return {
    maxMessageBytes: 100_000,
    timestampType: 'CreateTime',
    timestampBeforeMaxMs: 1000,
    timestampAfterMaxMs: 1000,
    nowMs,
    origin: 'client',
    compression: 'producer',
    needsKeys: false,
    ...more,
  }
}

test('an opened batch holds the same records in the codec that is asked for, or is refused for exactly those that break a rule', async () => {
  await prepareCodec('zstd')
  const property = fc.asyncProperty(
    fc.array(record, { minLength: 1, maxLength: 10 }),
    fc.constantFrom(...compressionTypes),
    fc.constantFrom<CompressionType | 'producer'>('producer', ...compressionTypes),
    fc.boolean(),
    fc.constantFrom('CreateTime' as const, 'LogAppendTime' as const),
    async (records, own, compression, needsKeys, timestampType) => {
      const producer = { id: 77, epoch: 3, baseSequence: 12 }
      const bytes = await buildCompressedBatch(records, own, { producer })
      const rules = rulesOf({ compression, needsKeys, timestampType })
      const header = new BatchHeader(bytes)
      // The header of a batch that nobody looks into is believed.
      const given = { bytes, first: header, batchCount: 1, recordCount: records.length }
      const opens = mustBeOpened(header, rules)
      assert.equal(opens, needsKeys || (compression !== 'producer' && compression !== own))
      const opened = openBatch(given, rules)
      const late = (one: RecordInput) => timestampType === 'CreateTime' && Math.abs(one.timestamp - nowMs) > 1000
      const wrong = records.flatMap((one, index) => (late(one) || (needsKeys && one.key === null) ? [index] : []))
      if (wrong.length > 0) {
        assert.ok(isRefusal(opened))
        assert.equal(opened.code, records.some(late) ? 'invalid-timestamp' : 'invalid-record')
        assert.deepEqual(
          opened.records?.map(({ index }) => index),
          wrong,
        )
        return
      }
      assert.ok(!isRefusal(opened), 'refused')
      const { first } = opened
      assert.ok(crcHolds(first.bytes, first.at))
      assert.equal(compressionTypes[first.codec], compression === 'producer' ? own : compression)
      assert.equal(first.sizeBytes, opened.bytes.length)
      assert.equal(first.maxTimestamp, Math.max(...records.map(({ timestamp }) => timestamp)))
      assert.deepEqual(
        [first.producerId, first.producerEpoch, first.baseSequence, first.recordCount, first.lastOffsetDelta],
        [77, 3, 12, records.length, records.length - 1],
      )
      assert.deepEqual(await readRecords(first), await readRecords(header))
      assert.ok(!isRefusal(validateBatches(opened.bytes, rules)))
    },
  )
  await fc.assert(property, { numRuns: 400 })
})
