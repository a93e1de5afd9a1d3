import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unbalanced } from './leader-imbalance.ts'

/** Ten partitions that broker 1 is preferred for, so many of them led by broker 2; and one of broker 2. */
const ledAway = (away: number) => [
  ...Array.from({ length: 10 }, (_, at) => ({ preferred: 1, leader: at < away ? 2 : 1 })),
  { preferred: 2, leader: 2 },
]

test('leaders go back once more than that share of what a broker ought to lead is led by others', () => {
  assert.deepEqual(unbalanced(ledAway(0), 10), [])
  assert.deepEqual(unbalanced(ledAway(1), 10), [], 'a tenth is no more than a tenth')
  assert.equal(unbalanced(ledAway(2), 10).length, 2)
  assert.equal(unbalanced(ledAway(1), 0).length, 1)
  assert.deepEqual(unbalanced(ledAway(10), 100), [])
})

test('each broker is counted by itself, and what nobody leads is led by others', () => {
  const partitions = [...ledAway(1), { preferred: 3, leader: -1 }]
  assert.deepEqual(unbalanced(partitions, 10), [{ preferred: 3, leader: -1 }])
})
