import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compressionTypes } from '../codec/compression.ts'
import { MalformedInput } from '../codec/malformed-input.ts'
import { buildBatch, buildCompressedBatch } from './batch-builder.ts'
import { crcHolds } from './batch-crc.ts'
import { BatchHeader } from './batch-header.ts'
import { endTransactionOf } from './control-record.ts'
import { batchesIn, readRecords } from './record-reader.ts'

const bytes = fc.option(
  fc.uint8Array({ maxLength: 40 }).map((content) => Buffer.from(content)),
  { nil: null },
)
const plain = { noNullPrototype: true }
const header = fc.record({ key: fc.string({ maxLength: 5 }), value: bytes }, plain)
const record = fc.record(
  {
    timestamp: fc.integer({ min: 0, max: 2 ** 45 }),
    key: bytes,
    value: bytes,
    headers: fc.array(header, { maxLength: 3 }),
  },
  plain,
)

test('records come back from a batch as they went into it, in every compression', async () => {
  const property = fc.asyncProperty(
    fc.array(record, { minLength: 1, maxLength: 12 }),
    fc.constantFrom(...compressionTypes),
    fc.nat({ max: 2 ** 50 }),
    async (records, type, baseOffset) => {
      const batch = await buildCompressedBatch(records, type, { baseOffset, epoch: 7 })
      assert.ok(crcHolds(batch, 0))
      const stored = new BatchHeader(batch)
      assert.equal(stored.lastOffset, baseOffset + records.length - 1)
      assert.equal(stored.maxTimestamp, Math.max(...records.map(({ timestamp }) => timestamp)))
      const read = await readRecords(stored)
      assert.deepEqual(
        read,
        records.map((one, i) => ({ ...one, offset: baseOffset + i })),
      )
    },
  )
  await fc.assert(property, { numRuns: 200 })
})

test('garbage in place of the records is malformed input, never an accident', async () => {
  const property = fc.asyncProperty(
    fc.uint8Array({ maxLength: 80 }),
    fc.constantFrom(0, 1, 2, 3, 4, 6),
    async (garbage, codec) => {
      const batch = Buffer.concat([buildBatch([{ timestamp: 1 }]).subarray(0, 61), garbage])
      batch.writeInt32BE(batch.length - 12, 8)
      batch.writeInt16BE(codec, 21)
      batch.writeInt32BE(3, 57)
      await readRecords(new BatchHeader(batch)).catch((error: unknown) => assert.ok(error instanceof MalformedInput))
    },
  )
  await fc.assert(property, { numRuns: 500 })
})

test('batches one behind the other are told apart, and a last one that is cut off is left out', () => {
  const both = Buffer.concat([buildBatch([{ timestamp: 1 }]), buildBatch([{ timestamp: 2 }], { baseOffset: 1 })])
  const offsets = (content: Buffer) => [...batchesIn(content)].map((header) => header.baseOffset)
  assert.deepEqual(offsets(both), [0, 1])
  assert.deepEqual(offsets(both.subarray(0, both.length - 1)), [0])
})

test('a control batch tells how its transaction ended', () => {
  const marker = (type: number) => {
    const key = Buffer.from([0, 0, 0, type])
    const value = Buffer.from([0, 0, 0, 0, 0, 9])
    return buildBatch([{ timestamp: 1, key, value }], { control: true, transactional: true })
  }
  assert.deepEqual(endTransactionOf(new BatchHeader(marker(0))), { type: 'abort', coordinatorEpoch: 9 })
  assert.deepEqual(endTransactionOf(new BatchHeader(marker(1))), { type: 'commit', coordinatorEpoch: 9 })
  assert.equal(endTransactionOf(new BatchHeader(marker(2))), null)
  // A key's length that goes on for ever, and nothing behind it.
  const endless = Buffer.concat([marker(0).subarray(0, 65), Buffer.alloc(150, 0x80), Buffer.alloc(1)])
  endless.writeInt32BE(endless.length - 12, 8)
  assert.equal(endTransactionOf(new BatchHeader(endless)), null)
  assert.equal(endTransactionOf(new BatchHeader(buildBatch([{ timestamp: 1 }]))), null)
})
