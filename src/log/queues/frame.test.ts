import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildBatch } from '../../record/batch-builder.ts'
import { BatchHeader } from '../../record/batch-header.ts'
import { topicIdOf } from './commit-log-fixture.ts'
import { frameFormat, frameHeaderBytes, framePlaceOf } from './frame.ts'

const to = { topicId: topicIdOf(7), partition: 3, offset: 41 }

function frameOf(texts: readonly string[], place: typeof to | null = to): Buffer {
  const batch = buildBatch(texts.map((text) => ({ timestamp: 5, value: Buffer.from(text) })))
  const frame = Buffer.concat([Buffer.alloc(frameHeaderBytes, 0xff), batch])
  const target = place && { ...place, topicIdBytes: Buffer.from(place.topicId, 'base64url') }
  frameFormat.place(frame, 0, { offset: 1000, epoch: 6, to: target })
  return frame
}

test('a frame tells group offset, size and epoch where a batch does, and the queue behind them', () => {
  const frame = frameOf(['a', 'b', 'c'])
  const header = new BatchHeader(frame)
  assert.deepEqual([header.baseOffset, header.nextOffset, header.partitionLeaderEpoch], [1000, 1003, 6])
  assert.equal(header.sizeBytes, frame.length)
  assert.equal(frameFormat.plausibleSize(frame, 0), frame.length)
  assert.ok(frameFormat.holds(frame, 0))
  assert.deepEqual(framePlaceOf(frame, 0), to)
  const batch = frameFormat.batchIn(header)
  assert.deepEqual([batch.baseOffset, batch.nextOffset, batch.partitionLeaderEpoch], [41, 44, 6])
})

test('a frame of no queue says so', () => {
  assert.equal(framePlaceOf(frameOf(['a'], null), 0), null)
})

test('a bit flipped anywhere in a frame is found', () => {
  const frame = frameOf(['a', 'bc'])
  for (let bit = 0; bit < frame.length * 8; bit++) {
    const flipped = Buffer.from(frame)
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
    const isWhole = frameFormat.plausibleSize(flipped, 0) === frame.length && frameFormat.holds(flipped, 0)
    assert.ok(!isWhole, `bit ${bit & 7} of byte ${bit >> 3}`)
  }
})
