import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildBatch } from './batch-builder.ts'
import { sealBatch } from './batch-crc.ts'
import { writeInt64 } from './batch-header.ts'
import { type BatchRules, isRefusal, validateBatches } from './batch-validation.ts'

const rules: BatchRules = {
  maxMessageBytes: 1000,
  timestampType: 'CreateTime',
  timestampBeforeMaxMs: 10_000,
  timestampAfterMaxMs: 1000,
  nowMs: 100_000,
  origin: 'client',
}

const batch = (count = 2) =>
  buildBatch(
    Array.from({ length: count }, (_, i) => ({ timestamp: 99_000 + i, value: Buffer.from('v') })),
    {},
  )

function outcome(bytes: Uint8Array, changed: Partial<BatchRules> = {}): string {
  const result = validateBatches(bytes, { ...rules, ...changed })
  return isRefusal(result) ? result.code : `${result.batchCount} batches, ${result.recordCount} records`
}

/** A good batch with one thing changed, and its CRC made anew. */
function changed(change: (bytes: Buffer) => void): Buffer {
  const bytes = batch()
  change(bytes)
  sealBatch(bytes, 0)
  return bytes
}

test('a good batch passes, from a Buffer and from a plain view', () => {
  assert.equal(outcome(batch()), '1 batches, 2 records')
  const padded = Buffer.concat([Buffer.alloc(3), batch()])
  assert.equal(outcome(new Uint8Array(padded.buffer, padded.byteOffset + 3, padded.length - 3)), '1 batches, 2 records')
})

test('a client gives exactly one batch per partition, the broker itself any number', () => {
  const two = Buffer.concat([batch(), batch(3)])
  assert.equal(outcome(two), 'invalid-record')
  assert.equal(outcome(two, { origin: 'broker' }), '2 batches, 5 records')
  assert.equal(outcome(Buffer.alloc(0)), 'invalid-record')
})

test('a batch cut short at any byte, or with a length that lies, is corrupt', () => {
  const bytes = batch()
  for (let length = 1; length < bytes.length; length++) {
    assert.equal(outcome(bytes.subarray(0, length)), 'corrupt-message', `${length}`)
  }
  for (const lie of [-1, 0, 48, bytes.length, 0x7fffffff, -0x80000000]) {
    const lying = batch()
    lying.writeInt32BE(lie, 8)
    assert.equal(outcome(lying), 'corrupt-message', `${lie}`)
  }
})

test('a flipped bit in anything that the CRC covers is corrupt', () => {
  const bytes = batch()
  for (let at = 17; at < bytes.length; at++) {
    const flipped = Buffer.from(bytes)
    flipped[at] = (flipped[at] as number) ^ 4
    assert.equal(outcome(flipped), 'corrupt-message', `${at}`)
  }
})

test('old formats, unknown ones, and batches that are too large are told apart', () => {
  const withMagic = (magic: number) => changed((bytes) => bytes.writeInt8(magic, 16))
  assert.equal(outcome(withMagic(0)), 'unsupported-magic')
  assert.equal(outcome(withMagic(1)), 'unsupported-magic')
  assert.equal(outcome(withMagic(3)), 'invalid-record')
  assert.equal(outcome(batch(), { maxMessageBytes: 20 }), 'message-too-large')
})

test('attributes: unknown codecs, unknown bits and control batches of clients are refused', () => {
  const withAttributes = (attributes: number) => changed((bytes) => bytes.writeInt16BE(attributes, 21))
  assert.equal(outcome(withAttributes(5)), 'unsupported-compression')
  assert.equal(outcome(withAttributes(0x80)), 'invalid-record')
  assert.equal(outcome(withAttributes(0x20)), 'invalid-record')
  assert.equal(outcome(withAttributes(0x20), { origin: 'broker' }), '1 batches, 2 records')
})

test('counts that do not agree, or cannot be true, are refused', () => {
  assert.equal(outcome(changed((bytes) => bytes.writeInt32BE(0, 57))), 'invalid-record')
  assert.equal(outcome(changed((bytes) => bytes.writeInt32BE(7, 57))), 'invalid-record')
  assert.equal(outcome(changed((bytes) => bytes.writeInt32BE(-1, 23))), 'invalid-record')
  const many = changed((bytes) => {
    bytes.writeInt32BE(999_999, 23)
    bytes.writeInt32BE(1_000_000, 57)
  })
  assert.equal(outcome(many), 'invalid-record')
})

test('producer fields must be whole', () => {
  const withProducer = (id: number, epoch: number, sequence: number, transactional = false) =>
    buildBatch([{ timestamp: 99_000 }], { producer: { id, epoch, baseSequence: sequence }, transactional })
  assert.equal(outcome(withProducer(5, 0, 0)), '1 batches, 1 records')
  assert.equal(outcome(withProducer(5, -1, 0)), 'invalid-record')
  assert.equal(outcome(withProducer(5, 0, -1)), 'invalid-record')
  assert.equal(outcome(withProducer(-1, -1, -1, true)), 'invalid-record')
  assert.equal(outcome(withProducer(-2, 0, 0)), 'invalid-record')
})

test('timestamps are held against the bounds of the topic, unless the broker stamps its own', () => {
  const at = (timestamp: number) => buildBatch([{ timestamp }])
  assert.equal(outcome(at(89_999)), 'invalid-timestamp')
  assert.equal(outcome(at(90_000)), '1 batches, 1 records')
  assert.equal(outcome(at(101_000)), '1 batches, 1 records')
  assert.equal(outcome(at(101_001)), 'invalid-timestamp')
  assert.equal(outcome(at(500_000), { timestampType: 'LogAppendTime' }), '1 batches, 1 records')
  assert.equal(outcome(changed((bytes) => bytes.writeInt16BE(8, 21))), 'invalid-timestamp')
  assert.equal(outcome(changed((bytes) => writeInt64(bytes, -(2 ** 62), 27))), 'invalid-timestamp')
})
