import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zeroUuid } from '../codec/uuid.ts'
import { AstrayLeaders } from './astray-leaders.ts'
import type { PartitionImage } from './image.ts'

const whole: PartitionImage = {
  ...{ index: 0, replicas: [1, 2, 3], directories: ['a', 'b', 'c'], inSync: [1, 2, 3], eligible: [] },
  ...{ leader: 1, leaderEpoch: 4, partitionEpoch: 0, moving: null, group: null },
}

/** Changes one after the other; what is astray behind the last one. */
function astrayBehind(...changes: Partial<PartitionImage>[]) {
  const astray = new AstrayLeaders()
  let before = whole
  for (const change of changes) {
    const after = { ...before, ...change }
    astray.changed('t', before, after)
    before = after
  }
  return astray.of('t', 0)
}

const without1 = { leader: 2, leaderEpoch: 5, inSync: [2, 3] }

test('a leader that another one takes the place of is astray until it is in sync with a later one', () => {
  assert.deepEqual(astrayBehind(without1), [{ broker: 1, epoch: 4, directory: 'a', lostDisk: false }])
  assert.deepEqual(astrayBehind(without1, { inSync: [1, 2, 3] }), [])
  assert.deepEqual(astrayBehind(without1, { leader: 3, leaderEpoch: 6, inSync: [3] }), [
    { broker: 1, epoch: 4, directory: 'a', lostDisk: false },
    { broker: 2, epoch: 5, directory: 'b', lostDisk: false },
  ])
})

test('one that leads again without another in between never was, nor a primary that only was away', () => {
  assert.deepEqual(astrayBehind({ leader: -1, leaderEpoch: 5 }), [
    { broker: 1, epoch: 4, directory: 'a', lostDisk: false },
  ])
  assert.deepEqual(astrayBehind({ leader: -1, leaderEpoch: 5 }, { leader: 1, leaderEpoch: 6 }), [])
})

test('a disk that is replaced while its leader is astray, or as it ceases to lead, takes what it had alone', () => {
  const directories = ['x', 'b', 'c']
  assert.deepEqual(astrayBehind(without1, { directories }), [{ broker: 1, epoch: 4, directory: 'x', lostDisk: true }])
  assert.deepEqual(astrayBehind({ ...without1, directories }), [
    { broker: 1, epoch: 4, directory: 'x', lostDisk: true },
  ])
  assert.deepEqual(astrayBehind(without1, { directories: ['a', 'b', 'x'] }), [
    { broker: 1, epoch: 4, directory: 'a', lostDisk: false },
  ])
})

test('a leader that gives its damaged copy up, and gets it back, has its disk all the while', () => {
  const givenUp = { directories: [zeroUuid, 'b', 'c'] }
  const takenBack = { directories: ['a', 'b', 'c'] }
  const kept = [{ broker: 1, epoch: 4, directory: 'a', lostDisk: false }]
  assert.deepEqual(astrayBehind({ ...without1, ...givenUp }), kept)
  assert.deepEqual(astrayBehind({ ...without1, ...givenUp }, takenBack), kept)
  assert.deepEqual(astrayBehind({ ...without1, ...givenUp }, { directories: ['x', 'b', 'c'] }), [
    { broker: 1, epoch: 4, directory: 'x', lostDisk: true },
  ])
})

test('of a topic that is gone nobody is astray', () => {
  const astray = new AstrayLeaders()
  astray.changed('t', whole, { ...whole, ...without1 })
  astray.removed('t')
  assert.deepEqual(astray.of('t', 0), [])
})
