import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FollowerStates } from './follower-states.ts'

const follower = { broker: 2, directory: 'B' }
const inTouch = { ...follower, isSuspect: false, isInTouch: true }

test('whoever waits for more has all now, while it is in touch', () => {
  const states = new FollowerStates()
  states.fetched(follower, { from: 10, suspect: false }, { leaderEnd: 10, nowMs: 100 })
  const now = { leaderEnd: 10, nowMs: 500 }
  assert.deepEqual(states.at(now), [{ ...inTouch, logEndOffset: 10, fetchedMs: 500, caughtUpMs: 500 }])
  states.disconnected(2)
  assert.deepEqual(states.at(now), [
    { ...inTouch, isInTouch: false, logEndOffset: 10, fetchedMs: 100, caughtUpMs: 100 },
  ])
})

test('whoever has what there was at its fetch before had all then', () => {
  const states = new FollowerStates()
  states.fetched(follower, { from: 0, suspect: false }, { leaderEnd: 10, nowMs: 100 })
  assert.equal(states.at({ leaderEnd: 10, nowMs: 101 })[0]?.caughtUpMs, null)
  states.fetched(follower, { from: 10, suspect: false }, { leaderEnd: 20, nowMs: 200 })
  states.fetched(follower, { from: 15, suspect: false }, { leaderEnd: 30, nowMs: 300 })
  assert.deepEqual(states.at({ leaderEnd: 30, nowMs: 400 }), [
    { ...inTouch, logEndOffset: 15, fetchedMs: 300, caughtUpMs: 100 },
  ])
})
