import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CleanSegment, cleanablePart, type CompactionRule, isWorthIt } from './cleanable.ts'

const nowMs = 10_000
const rule: CompactionRule = { minDirtyRatio: 0.5, minLagMs: 0, maxLagMs: 1e9, deleteRetentionMs: 0 }

/** Segments of ten offsets and 100 bytes each, by the age of their newest record; the last one is written to. */
function segmentsOf(...ages: number[]): CleanSegment[] {
  return ages.map((age, i) => ({
    baseOffset: i * 10,
    sizeBytes: 100,
    maxTimestamp: nowMs - age,
    firstTimestamp: nowMs - age - 5,
    modifiedMs: nowMs - age,
    isLoaded: true,
    isFinished: i < ages.length - 1,
  }))
}

const part = (
  segments: CleanSegment[],
  more: { firstDirty?: number; stableUpTo?: number; rule?: CompactionRule } = {},
) => {
  const { firstDirty = 0, stableUpTo = 1000 } = more
  const found = cleanablePart(segments, more.rule ?? rule, { firstDirty, stableUpTo, nowMs })
  assert.ok('ratio' in found)
  return found
}

test('whole segments below the stable offset may be compacted, and never the one that is written to', () => {
  const segments = segmentsOf(1, 1, 1, 1)
  assert.deepEqual(part(segments), { firstDirty: 0, upTo: 30, ratio: 1, isOverdue: false })
  assert.equal(part(segments, { stableUpTo: 29 }).upTo, 20)
  assert.equal(part(segments, { stableUpTo: 9 }).upTo, 0)
  assert.equal(part(segmentsOf(1)).upTo, 0)
  const unfinished = segments.map((one, i) => (i === 1 ? { ...one, isFinished: false } : one))
  assert.equal(part(unfinished).upTo, 10)
})

test('the ratio is the share of bytes that no compaction has seen', () => {
  const segments = segmentsOf(1, 1, 1, 1, 1)
  assert.equal(part(segments, { firstDirty: 30 }).ratio, 0.25)
  assert.equal(part(segments, { firstDirty: 40 }).ratio, 0)
  assert.ok(isWorthIt(part(segments, { firstDirty: 10 }), rule))
  assert.ok(!isWorthIt(part(segments, { firstDirty: 20 }), rule))
  assert.ok(!isWorthIt(part(segments, { firstDirty: 40 }), { ...rule, minDirtyRatio: 0 }))
})

test('records stay uncompacted for min.compaction.lag.ms, and no longer than max.compaction.lag.ms', () => {
  const segments = segmentsOf(500, 400, 100, 300, 0)
  assert.equal(part(segments, { rule: { ...rule, minLagMs: 200 } }).upTo, 20)
  assert.equal(part(segments, { rule: { ...rule, minLagMs: 600 } }).upTo, 0)
  // What has been compacted once is old enough, whatever its time says.
  assert.equal(part(segments, { firstDirty: 30, rule: { ...rule, minLagMs: 200 } }).upTo, 40)
  const overdue = (firstDirty: number, maxLagMs: number) => part(segments, { firstDirty, rule: { ...rule, maxLagMs } })
  assert.equal(overdue(0, 504).isOverdue, true)
  assert.equal(overdue(0, 505).isOverdue, false)
  assert.equal(overdue(20, 304).isOverdue, true)
  assert.equal(overdue(40, 1).isOverdue, false)
  assert.ok(isWorthIt({ ...overdue(30, 1), ratio: 0.1 }, rule))
})

test('without timestamps the file tells the age; a segment whose times are not known yet is asked for', () => {
  const untimed = segmentsOf(500, 400, 0).map((one) => ({ ...one, maxTimestamp: -1, firstTimestamp: -1 }))
  assert.equal(part(untimed, { rule: { ...rule, minLagMs: 450 } }).upTo, 10)
  assert.equal(part(untimed, { rule: { ...rule, maxLagMs: 499 } }).isOverdue, true)
  const segments = segmentsOf(1, 1, 1).map((one, i) => (i === 1 ? { ...one, isLoaded: false } : one))
  assert.equal(cleanablePart(segments, rule, { firstDirty: 0, stableUpTo: 30, nowMs }), segments[1])
  assert.equal(part(segments, { firstDirty: 20 }).upTo, 20)
})
