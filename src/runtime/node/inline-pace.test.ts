import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InlinePace } from './inline-pace.ts'

const bytesMax = 256 * 1024

test('after a call that waited for the disk, those of the next second go to the thread pool', () => {
  let nowMs = 0
  const pace = new InlinePace(bytesMax, () => nowMs)
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

test('a call that failed slowly counts as slow, and its fault is handed on', () => {
  let nowMs = 0
  const pace = new InlinePace(bytesMax, () => nowMs)
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

test('a large call is never made on the event loop', () => {
  assert.equal(new InlinePace(bytesMax, () => 0).isInline(1 << 20), false)
})

test('a small call goes to the pool while the disk is busy, and its failure is a rejection in either way', async () => {
  let nowMs = 0
  const pace = new InlinePace(bytesMax, () => nowMs)
  const fail = () => {
    throw new Error('EIO')
  }
  const run = () =>
    pace.run(
      () => 'inline',
      async () => 'pool',
    )
  assert.equal(await run(), 'inline')
  await assert.rejects(pace.run(fail, fail), /EIO/)
  pace.timed(() => (nowMs += 50))
  assert.equal(await run(), 'pool')
  await assert.rejects(pace.run(fail, fail), /EIO/)
})
