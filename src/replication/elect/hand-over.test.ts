import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hasAll, mayTakeOver } from './hand-over.ts'

const successor = { logEndOffset: 10, caughtUpMs: 5_000, isSuspect: false, isInTouch: true }
const leader = { logEndOffset: 10, highWatermark: 10 }

describe('a leader hands over', () => {
  test('to a follower that keeps pace, is in touch and has lost nothing', () => {
    assert.equal(mayTakeOver(successor, 5_500), true)
    assert.equal(mayTakeOver(undefined, 5_500), false)
    assert.equal(mayTakeOver(successor, 6_001), false, 'it had everything too long ago')
    assert.equal(mayTakeOver({ ...successor, caughtUpMs: null }, 5_500), false)
    assert.equal(mayTakeOver({ ...successor, isSuspect: true }, 5_500), false)
    assert.equal(mayTakeOver({ ...successor, isInTouch: false }, 5_500), false)
  })

  test('once that one has its whole log, and everybody who waits has an answer', () => {
    assert.equal(hasAll(successor, leader), true)
    assert.equal(hasAll({ ...successor, logEndOffset: 9 }, leader), false)
    assert.equal(hasAll(successor, { ...leader, highWatermark: 9 }), false)
    assert.equal(hasAll({ ...successor, isSuspect: true }, leader), false, 'it was started anew meanwhile')
    assert.equal(hasAll({ ...successor, isInTouch: false }, leader), false)
  })
})
