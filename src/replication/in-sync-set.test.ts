import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { InSyncSet, type ReplicaSets } from './in-sync-set.ts'

const replicaOf = (broker: number, incarnation = 'first') => ({ broker, directory: `directory-${broker}`, incarnation })
const setsOf = (inSync: number[], partitionEpoch: number): ReplicaSets => ({
  replicas: [1, 2, 3].map((broker) => replicaOf(broker)),
  inSync,
  eligible: [],
  partitionEpoch,
})
const memberOf = (broker: number, incarnation: string | null = null) => ({ broker, incarnation })
/** The leader as a fetch meets it: its log ends at 20, of which 15 are committed; its epoch began at 10. */
const at = (nowMs: number, logEndOffset = 20) => ({ logEndOffset, highWatermark: 15, epochStart: 10, nowMs })

function setOf(inSync: number[], mayJoin = () => true): InSyncSet {
  return new InSyncSet({ self: 1, sets: setsOf(inSync, 5), nowMs: 0, mayJoin })
}

describe('an in-sync set', () => {
  test('is to take in a replica that has all that is committed, as the process that it is', () => {
    const set = setOf([1, 2])
    assert.equal(set.fetched(replicaOf(3), 14, at(1)), null)
    const members = [memberOf(1), memberOf(2), memberOf(3, 'second')]
    assert.deepEqual(set.fetched(replicaOf(3, 'second'), 15, at(2)), { members, partitionEpoch: 5 })
    assert.deepEqual(
      [set.committed, set.maximal],
      [
        [1, 2],
        [1, 2, 3],
      ],
    )
  })

  test('takes in nobody who lacks what is from before the epoch, committed or not', () => {
    const set = setOf([1, 2])
    assert.equal(set.fetched(replicaOf(3), 12, { logEndOffset: 20, highWatermark: 8, epochStart: 13, nowMs: 1 }), null)
  })

  test('takes in nobody whom the image would not take', () => {
    const set = setOf([1, 2], () => false)
    assert.equal(set.fetched(replicaOf(3), 20, at(1)), null)
  })

  test('proposes one change at a time, and the next once that one is decided', () => {
    const set = setOf([1])
    assert.notEqual(set.fetched(replicaOf(2), 20, at(1)), null)
    assert.equal(set.fetched(replicaOf(3), 20, at(2)), null)
    set.decided(setsOf([1, 2], 6), 3)
    assert.deepEqual(set.maximal, [1, 2])
    assert.equal(set.fetched(replicaOf(3), 20, at(4))?.partitionEpoch, 6)
  })

  test('counts a proposal as perhaps in force until it is decided on, or refused for good', () => {
    const set = setOf([1, 2, 3])
    const proposal = set.review(1000, { logEndOffset: 20, nowMs: 5000 })
    assert.deepEqual(proposal, { members: [memberOf(1)], partitionEpoch: 5 })
    // Who would leave is still needed: nobody knows yet whether it has left.
    assert.deepEqual(set.maximal, [1, 2, 3])
    set.refused(4)
    assert.equal(set.review(1000, { logEndOffset: 20, nowMs: 5001 }), null)
    set.refused(5)
    assert.notEqual(set.review(1000, { logEndOffset: 20, nowMs: 5002 }), null)
  })

  test('goes on with a member that keeps pace with a leader that is always a little ahead', () => {
    const set = setOf([1, 2])
    for (let ms = 100; ms <= 5000; ms += 100) {
      // Each fetch has what the leader had at the fetch before.
      set.fetched(replicaOf(2), ms - 100, { logEndOffset: ms, highWatermark: 0, epochStart: 0, nowMs: ms })
      assert.equal(set.review(1000, { logEndOffset: ms + 50, nowMs: ms }), null)
    }
  })

  test('drops a member that fetches and falls behind, and one that fetches no more, after the time given', () => {
    const set = setOf([1, 2, 3])
    for (let ms = 100; ms <= 1000; ms += 100) {
      set.fetched(replicaOf(2), 1, { logEndOffset: ms, highWatermark: 0, epochStart: 0, nowMs: ms })
    }
    assert.equal(set.review(1000, { logEndOffset: 1000, nowMs: 1000 }), null)
    assert.deepEqual(set.review(1000, { logEndOffset: 1000, nowMs: 1001 })?.members, [memberOf(1)])
  })

  test('keeps a member that has everything, however long ago it said so', () => {
    const set = setOf([1, 2])
    set.fetched(replicaOf(2), 20, at(10))
    assert.equal(set.review(1000, { logEndOffset: 20, nowMs: 100_000 }), null)
  })

  test('keeps a member that had everything until a record came, after long idleness', () => {
    const set = setOf([1, 2])
    set.fetched(replicaOf(2), 20, at(10))
    assert.equal(set.review(1000, { logEndOffset: 20, nowMs: 99_500 }), null)
    assert.equal(set.review(1000, { logEndOffset: 21, nowMs: 100_000 }), null)
    assert.deepEqual(set.review(1000, { logEndOffset: 21, nowMs: 100_501 })?.members, [memberOf(1)])
  })
})
