import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sharedCall } from './shared-call.ts'

test('calls that come while one is under way share it, the next one is new', async () => {
  let calls = 0
  const shared = sharedCall(async () => ++calls)
  assert.deepEqual(await Promise.all([shared(), shared(), shared()]), [1, 1, 1])
  assert.equal(await shared(), 2)
})

test('a failure reaches all who share it, and not the next', async () => {
  let calls = 0
  const shared = sharedCall(async () => {
    calls++
    if (calls === 1) throw new Error('first')
    return calls
  })
  const both = await Promise.allSettled([shared(), shared()])
  assert.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  assert.equal(await shared(), 2)
})
