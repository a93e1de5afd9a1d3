import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RequestMemory } from './request-memory.ts'

test('beyond the bound a request waits, and is called when memory comes free', () => {
  const memory = new RequestMemory(100)
  let called = 0
  const again = (): void => void (called += 1)
  assert.equal(memory.take(80, again), true)
  assert.equal(memory.take(30, again), false)
  memory.give(80)
  assert.equal(called, 1)
  assert.equal(memory.take(30, again), true)
})

test('one request passes however large it is, when nothing else is held', () => {
  const memory = new RequestMemory(100)
  assert.equal(
    memory.take(1000, () => {}),
    true,
  )
  assert.equal(
    memory.take(1, () => {}),
    false,
  )
})

test('who has gone is not called', () => {
  const memory = new RequestMemory(10)
  memory.take(10, () => {})
  const again = (): void => assert.fail('the asker is gone')
  memory.take(5, again)
  memory.forget(again)
  memory.give(10)
})
