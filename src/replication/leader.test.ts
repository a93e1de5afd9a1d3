import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { InvariantViolation } from '../runtime/invariant.ts'
import { isrCommit } from './commit/isr.ts'
import { majorityCommit } from './commit/majority.ts'
import type { ReplicaSets } from './in-sync-set.ts'
import { Leader } from './leader.ts'

const replicaOf = (broker: number) => ({ broker, directory: `directory-${broker}`, incarnation: 'first' })
const setsOf = (replicas: number[], inSync: number[], partitionEpoch = 0): ReplicaSets => ({
  replicas: replicas.map(replicaOf),
  inSync,
  eligible: [],
  partitionEpoch,
})
const now = { logEndOffset: 20, nowMs: 0 }
const alone = setsOf([1], [1])

function isrLeader(options: { sets?: ReplicaSets; minInSync?: number } = {}): Leader {
  return new Leader({
    epoch: 3,
    epochStart: 10,
    self: 1,
    sets: options.sets ?? alone,
    commit: isrCommit(options.minInSync ?? 1),
    highWatermark: 4,
    nowMs: 0,
    inSync: { mayJoin: () => true },
  })
}

describe('a leader', () => {
  test('that is alone commits what it has stored itself', () => {
    const leader = isrLeader()
    assert.deepEqual(leader.step({ type: 'stored', upTo: 10 }), [{ type: 'advance-high-watermark', to: 10 }])
    assert.equal(leader.highWatermark, 10)
  })

  test('commits nothing while a member of the in-sync set has not told how far it is', () => {
    const leader = isrLeader({ sets: setsOf([1, 2], [1, 2]) })
    assert.deepEqual(leader.step({ type: 'stored', upTo: 10 }), [])
    assert.equal(leader.highWatermark, 4)
  })

  test('refuses acks=all and commits nothing below min.insync.replicas, and commits once the set is large enough', () => {
    const leader = isrLeader({ sets: setsOf([1, 2], [1]), minInSync: 2 })
    assert.deepEqual(leader.admits(), { code: 'not-enough-replicas', inSync: 1, required: 2 })
    assert.deepEqual(leader.step({ type: 'stored', upTo: 12 }), [])
    const effects = leader.step({
      type: 'reconfigured',
      commit: isrCommit(1),
      sets: setsOf([1, 2], [1]),
      nowMs: 0,
    })
    assert.deepEqual(effects, [{ type: 'advance-high-watermark', to: 12 }])
    assert.equal(leader.admits(), null)
  })

  test('counts what a replica has fetched once the group counts the replica: it has no reason to fetch again', () => {
    const leader = isrLeader({ sets: setsOf([1], [1]) })
    leader.step({ type: 'stored', upTo: 20 })
    leader.step({ type: 'fetched', replica: replicaOf(2), from: 20, ...now })
    const reconfigured = (sets: ReplicaSets) =>
      leader.step({ type: 'reconfigured', commit: isrCommit(1), sets, nowMs: 0 })
    reconfigured(setsOf([1, 2], [1, 2]))
    leader.step({ type: 'stored', upTo: 21 })
    assert.equal(leader.highWatermark, 20)
    assert.equal(leader.replicatedUpTo, 20)
    // On another folder it is another replica, which has told nothing.
    const replaced = { ...setsOf([1, 2], [1]), replicas: [replicaOf(1), { ...replicaOf(2), directory: 'another' }] }
    reconfigured(replaced)
    assert.equal(leader.replicatedUpTo, 0)
  })

  test('knows what all replicas have, in sync or not, and nothing of it while one is away', () => {
    const leader = isrLeader({ sets: setsOf([1, 2, 3], [1, 2]) })
    const fetched = (broker: number, from: number) => {
      leader.step({ type: 'fetched', replica: replicaOf(broker), from, ...now })
      return leader.replicatedUpTo
    }
    leader.step({ type: 'stored', upTo: 12 })
    assert.equal(leader.replicatedUpTo, 0)
    assert.equal(fetched(2, 20), 0)
    assert.equal(fetched(3, 7), 7)
    assert.equal(fetched(3, 20), 12)
    leader.step({ type: 'departed', broker: 3 })
    assert.equal(leader.replicatedUpTo, 0)
    // One that begins anew.
    assert.equal(fetched(3, 2), 2)
  })

  test('sends consumers to nobody whose log begins above what they ask for', () => {
    const leader = isrLeader({ sets: setsOf([1, 2, 3], [1, 2, 3]) })
    leader.step({ type: 'fetched', replica: replicaOf(2), from: 15, logStartOffset: 6, ...now })
    leader.step({ type: 'fetched', replica: replicaOf(3), from: 15, ...now })
    const sentFor = (from: number) => leader.copiesFrom(from).map(({ broker }) => broker)
    assert.deepEqual([sentFor(5), sentFor(6), sentFor(16)], [[3], [2, 3], []])
  })

  test('never moves its high watermark back', () => {
    const leader = isrLeader()
    leader.step({ type: 'stored', upTo: 20 })
    assert.deepEqual(leader.step({ type: 'stored', upTo: 20 }), [])
    assert.equal(leader.highWatermark, 20)
  })

  test('that lost a part of its own copy is a broken invariant', () => {
    const leader = isrLeader()
    leader.step({ type: 'stored', upTo: 20 })
    assert.throws(() => leader.step({ type: 'stored', upTo: 19 }), InvariantViolation)
  })

  test('of a group whose elections compare logs commits what it inherited only with an entry of its own epoch', () => {
    const leader = new Leader({
      epoch: 2,
      epochStart: 10,
      self: 1,
      sets: alone,
      commit: majorityCommit,
      highWatermark: 0,
      nowMs: 0,
      inSync: null,
    })
    assert.deepEqual(leader.step({ type: 'stored', upTo: 10 }), [])
    assert.deepEqual(leader.step({ type: 'stored', upTo: 11 }), [{ type: 'advance-high-watermark', to: 11 }])
  })

  describe('of three', () => {
    const three = () =>
      new Leader({
        epoch: 2,
        epochStart: 10,
        self: 1,
        sets: setsOf([1, 2, 3], [1, 2, 3]),
        commit: majorityCommit,
        highWatermark: 5,
        nowMs: 0,
        inSync: null,
      })

    test('commits what a second replica has fetched past', () => {
      const leader = three()
      leader.step({ type: 'stored', upTo: 20 })
      const effects = leader.step({ type: 'fetched', replica: replicaOf(3), from: 15, ...now })
      assert.deepEqual(effects, [{ type: 'advance-high-watermark', to: 15 }])
    })

    test('counts what a replica has fetched last, not the most that it ever had', () => {
      const leader = three()
      leader.step({ type: 'fetched', replica: replicaOf(2), from: 18, ...now })
      leader.step({ type: 'fetched', replica: replicaOf(2), from: 12, ...now })
      assert.deepEqual(leader.step({ type: 'stored', upTo: 20 }), [{ type: 'advance-high-watermark', to: 12 }])
    })

    test('counts nobody who is out of reach, nor a broker on a folder that the group does not know', () => {
      const leader = three()
      leader.step({ type: 'fetched', replica: replicaOf(2), from: 18, ...now })
      leader.step({ type: 'departed', broker: 2 })
      leader.step({ type: 'fetched', replica: { ...replicaOf(3), directory: 'another' }, from: 18, ...now })
      assert.deepEqual(leader.step({ type: 'stored', upTo: 20 }), [])
      assert.equal(leader.highWatermark, 5)
    })
  })
})
