import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isGone } from './divergence.ts'

const logAt = (below: number) => ({
  logStartOffset: 50,
  logEndOffset: 80,
  epochs: { below, entries: [] },
  queues: null,
})

test('a follower below the log start has to begin anew, and an empty one beyond the log end', () => {
  for (const below of [-1, 4]) {
    assert.equal(isGone({ from: 49, lastEpoch: 4 }, logAt(below)), true)
    assert.equal(isGone({ from: 81, lastEpoch: -1 }, logAt(below)), true)
  }
  assert.equal(isGone({ from: 50, lastEpoch: -1 }, logAt(-1)), false)
  assert.equal(isGone({ from: 60, lastEpoch: 1 }, logAt(-1)), false)
})

test('where the epoch below the log start is known, so has one whose log must differ below it', () => {
  assert.equal(isGone({ from: 50, lastEpoch: 4 }, logAt(4)), false)
  assert.equal(isGone({ from: 60, lastEpoch: 5 }, logAt(4)), false)
  // An older epoch cannot come behind entries of that one; and right at the start it is the same or another entry.
  assert.equal(isGone({ from: 60, lastEpoch: 3 }, logAt(4)), true)
  for (const lastEpoch of [-1, 3, 5]) assert.equal(isGone({ from: 50, lastEpoch }, logAt(4)), true)
})

test('in a commit log a follower whose epoch ended below the log start begins anew, since queue offsets rest on what was there', () => {
  const log = {
    ...{ logStartOffset: 50, logEndOffset: 80, queues: {} },
    epochs: { below: -1, entries: [{ epoch: 4, startOffset: 50 }] },
  }
  assert.equal(isGone({ from: 60, lastEpoch: 3 }, log), true)
  assert.equal(isGone({ from: 60, lastEpoch: 4 }, log), false)
  assert.equal(isGone({ from: 50, lastEpoch: -1 }, log), false)
  assert.equal(isGone({ from: 60, lastEpoch: 3 }, { ...log, queues: null }), false)
  assert.equal(isGone({ from: 60, lastEpoch: 3 }, { ...log, logStartOffset: 0 }), false)
})
