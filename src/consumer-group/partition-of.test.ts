import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partitionOf } from './partition-of.ts'

test('a group is where Kafka would look for it', () => {
  // Java: "readers".hashCode() is 1080410128, "polygenelubricants" hashes to the one int without an absolute value.
  assert.equal(partitionOf('', 50), 0)
  assert.equal(partitionOf('a', 50), 97 % 50)
  assert.equal(partitionOf('readers', 1_000_000), 1_080_410_128 % 1_000_000)
  assert.equal(partitionOf('polygenelubricants', 50), 0)
})

test('every group is in a partition that there is, for names in any script', () => {
  for (const name of ['gruppe-ä', '組', 'x'.repeat(249), '🦓']) {
    const partition = partitionOf(name, 50)
    assert.ok(Number.isInteger(partition) && partition >= 0 && partition < 50)
  }
})
