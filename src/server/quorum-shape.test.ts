import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quorumShape } from './quorum-shape.ts'

test('one broker votes alone, two with a controller beside them, three and four have three votes, more have five', () => {
  const votes = [1, 2, 3, 4, 5, 20].map((brokers) => quorumShape(brokers, 0))
  const three = { voters: [1, 2, 3], controllers: 0 }
  const five = { voters: [1, 2, 3, 4, 5], controllers: 0 }
  assert.deepEqual(votes, [
    { voters: [1], controllers: 0 },
    { voters: [1, 2, 101], controllers: 1 },
    three,
    three,
    five,
    five,
  ])
})

test('controllers of their own are the only voters', () => {
  assert.deepEqual(quorumShape(2, 3), { voters: [101, 102, 103], controllers: 3 })
})
