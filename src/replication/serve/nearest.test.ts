import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nearestOf, nearVisible } from './nearest.ts'
import { serveAtBackup, type ServeView } from './serve-policy.ts'

const follower: ServeView = {
  leads: false,
  isLed: true,
  isInTouch: true,
  isInSync: true,
  highWatermark: 8,
  storedUpTo: 10,
  epochStart: 0,
}

describe('a replica that is near', () => {
  test('shows what it was told is committed, and has', () => {
    assert.equal(nearVisible(follower), 8)
    assert.equal(nearVisible({ ...follower, storedUpTo: 6 }), 6)
    assert.equal(nearVisible({ ...follower, leads: true, isInTouch: false }), 8)
  })

  test('sends consumers back once it is out of touch with its leader, or out of sync', () => {
    for (const out of [{ isInTouch: false }, { isInSync: false }]) {
      assert.deepEqual(nearVisible({ ...follower, ...out }), { code: 'not-leader' })
    }
  })

  test('as a backup shows all that it has once nobody leads, and no more than is committed before', () => {
    assert.equal(serveAtBackup.nearVisibleUpTo(follower), 8)
    assert.equal(serveAtBackup.nearVisibleUpTo({ ...follower, isLed: false, isInTouch: false }), 10)
  })
})

describe('the nearest replica', () => {
  const racks = new Map([
    [1, 'a'],
    [2, 'b'],
    [3, 'b'],
  ])
  const rackOf = (broker: number): string | null => racks.get(broker) ?? null
  const copies = [
    { broker: 2, storedUpTo: 5 },
    { broker: 3, storedUpTo: 9 },
    { broker: 4, storedUpTo: 9 },
  ]

  test('is that of the rack which has most', () => {
    assert.equal(nearestOf({ rack: 'b', leader: 1, copies, rackOf }), 3)
  })

  test('is none where the leader stands in the rack, nobody does, or no rack is named', () => {
    for (const rack of ['a', 'c', '']) assert.equal(nearestOf({ rack, leader: 1, copies, rackOf }), null)
  })
})
