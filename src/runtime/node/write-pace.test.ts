import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WritePace } from './write-pace.ts'

test('after a write that waited for the disk, those of the next second go to the thread pool', () => {
  let nowMs = 0
  const pace = new WritePace(() => nowMs)
  assert.equal(pace.isInline(100_000), true)
  pace.timed(() => (nowMs += 3))
  assert.equal(pace.isInline(100_000), true)
  pace.timed(() => (nowMs += 50))
  assert.equal(pace.isInline(1), false)
  nowMs += 999
  assert.equal(pace.isInline(1), false)
  nowMs += 1
  assert.equal(pace.isInline(1), true)
})

test('a write that failed slowly counts as slow, and its fault is handed on', () => {
  let nowMs = 0
  const pace = new WritePace(() => nowMs)
  assert.throws(
    () =>
      pace.timed(() => {
        nowMs += 10
        throw new Error('ENOSPC')
      }),
    /ENOSPC/,
  )
  assert.equal(pace.isInline(1), false)
})

test('a large write is never made on the event loop', () => {
  assert.equal(new WritePace(() => 0).isInline(1 << 20), false)
})
