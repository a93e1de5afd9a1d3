import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { electFromInSync } from './coordinator.ts'
import { Election } from './self.ts'

describe('an election among the replicas', () => {
  test('counts the own vote only once it is on disk', () => {
    const election = new Election({ self: 1, voters: [1], epoch: 4 })
    assert.deepEqual(election.step({ type: 'stand' }), [{ type: 'persist', epoch: 5, votedFor: 1 }])
    assert.deepEqual(election.step({ type: 'persisted', epoch: 5 }), [{ type: 'elected', epoch: 5 }])
  })

  test('of three is won with the second vote, and once', () => {
    const election = new Election({ self: 1, voters: [1, 2, 3], epoch: 0 })
    election.step({ type: 'stand' })
    assert.deepEqual(election.step({ type: 'persisted', epoch: 1 }), [])
    assert.deepEqual(election.step({ type: 'granted', epoch: 1, by: 1 }), [])
    assert.deepEqual(election.step({ type: 'granted', epoch: 1, by: 3 }), [{ type: 'elected', epoch: 1 }])
    assert.deepEqual(election.step({ type: 'granted', epoch: 1, by: 2 }), [])
  })

  test('counts neither votes of an earlier candidacy nor those of strangers', () => {
    const election = new Election({ self: 1, voters: [1, 2, 3], epoch: 0 })
    election.step({ type: 'stand' })
    election.step({ type: 'stand' })
    assert.deepEqual(election.step({ type: 'persisted', epoch: 2 }), [])
    assert.deepEqual(election.step({ type: 'granted', epoch: 1, by: 2 }), [])
    assert.deepEqual(election.step({ type: 'granted', epoch: 2, by: 9 }), [])
  })
})

describe('the coordinator', () => {
  const base = { replicas: [1, 2, 3], inSync: [2, 3], eligible: [1] }

  test('picks a living member of the in-sync set in order of preference', () => {
    assert.equal(electFromInSync({ ...base, alive: () => true }), 2)
    assert.equal(electFromInSync({ ...base, alive: (broker) => broker !== 2 }), 3)
  })

  test('falls back to an eligible replica, and names nobody rather than one that may have lost records', () => {
    assert.equal(electFromInSync({ ...base, alive: (broker) => broker === 1 }), 1)
    assert.equal(electFromInSync({ ...base, eligible: [], alive: (broker) => broker === 1 }), null)
  })
})
