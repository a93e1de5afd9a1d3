import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimRandom } from '../runtime/sim/sim-random.ts'
import { murmur2, partitionOfKey, StickyPartition } from './partitioner.ts'

/** Key, hash and partition of seven, as the classes of Kafka's Java client 4.3.1 computed them. */
const computedByJava = [
  ['', 275646681, 2],
  ['a', -1563381124, 5],
  ['ab', 316155434, 0],
  ['abc', 479470107, 4],
  ['abcd', -1323649548, 5],
  ['abcde', 461995741, 4],
  ['21', -973932308, 3],
  ['foobar', -790332482, 0],
  ['a-little-bit-long-string', -985981536, 1],
  ['a-little-bit-longer-string', -1486304829, 0],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971, 3],
  ['é€', 1912689889, 5],
] as const

test('a key goes to the partition that the Java client sends it to', () => {
  for (const [key, hash, partition] of computedByJava) {
    assert.equal(murmur2(Buffer.from(key)), hash, key)
    assert.equal(partitionOfKey(Buffer.from(key), 7), partition, key)
  }
})

test('records without a key stay with a partition until its batch is on its way, then go to another', () => {
  const sticky = new StickyPartition(new SimRandom('sticky'))
  const first = sticky.current(4)
  assert.equal(sticky.current(4), first)
  sticky.next((first + 1) % 4, 4)
  assert.equal(sticky.current(4), first)
  for (let round = 0; round < 20; round++) {
    const before = sticky.current(4)
    sticky.next(before, 4)
    assert.notEqual(sticky.current(4), before)
  }
})

test('a topic of one partition has nowhere else to go', () => {
  const sticky = new StickyPartition(new SimRandom('one'))
  sticky.next(sticky.current(1), 1)
  assert.equal(sticky.current(1), 0)
})
