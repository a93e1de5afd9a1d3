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
  // The last one is held ahead.
  assert.equal(blocks, 4)
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

test('a block that is held ahead is given out while nobody can be asked', async () => {
  let asked = 0
  const ids = new ProducerIds(async () => {
    asked += 1
    if (asked > 2) throw new Error('nobody there')
    return { first: asked * 10, end: asked * 10 + 2 }
  })
  ids.prepare()
  const taken: number[] = []
  for (let count = 0; count < 4; count++) taken.push(await ids.take())
  assert.deepEqual(taken, [10, 11, 20, 21])
  await assert.rejects(ids.take(), /nobody there/)
})
