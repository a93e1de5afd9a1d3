import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProducerIds } from './producer-ids.ts'

test('ids are given out one by one, each once, from as few blocks as will do, to callers at the same time too', async () => {
  let blocks = 0
  const ids = new ProducerIds(async () => {
    const first = blocks++ * 10
    return { first, end: first + 10 }
  })
  const taken = await Promise.all(Array.from({ length: 25 }, () => ids.take()))
  assert.deepEqual(taken, [...taken.keys()])
  assert.equal(blocks, 3)
})

test('a block that could not be had is asked for again by the next caller', async () => {
  let asked = 0
  const ids = new ProducerIds(async () => {
    asked += 1
    if (asked === 1) throw new Error('nobody there')
    return { first: 7, end: 8 }
  })
  await assert.rejects(ids.take(), /nobody there/)
  assert.equal(await ids.take(), 7)
})
