import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { electFromInSync } from './coordinator.ts'

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
