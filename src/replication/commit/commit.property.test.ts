import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CommitView } from './commit-policy.ts'
import { isrCommit } from './isr.ts'
import { majorityCommit } from './majority.ts'
import { primaryCommit } from './primary.ts'

const views = fc
  .record({
    self: fc.nat(6),
    ends: fc.array(fc.integer({ min: -1, max: 12 }), { minLength: 1, maxLength: 7 }),
    epochStart: fc.integer({ min: 0, max: 12 }),
    inSyncBits: fc.integer({ min: 1, max: 127 }),
    proposedBits: fc.integer({ min: 0, max: 127 }),
    minInSync: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ self, ends, epochStart, inSyncBits, proposedBits, minInSync }) => {
    const copies = ends.map((storedUpTo, broker) => ({ broker, storedUpTo }))
    const inSync = copies.filter(({ broker }) => inSyncBits & (1 << broker)).map(({ broker }) => broker)
    const maximalInSync = copies
      .filter(({ broker }) => (inSyncBits | proposedBits) & (1 << broker))
      .map(({ broker }) => broker)
    const view: CommitView = {
      self: self % ends.length,
      copies,
      inSync,
      maximalInSync,
      eligible: [],
      epoch: 1,
      epochStart,
    }
    return { view, minInSync }
  })

/** Tries every end from the top: slow, and plainly what the rule says. */
function slowly(view: CommitView, holds: (end: number) => boolean): number {
  for (let end = 12; end >= 0; end--) if (holds(end)) return end
  return -1
}

test('isr commits what every member of the maximal set has, if the committed set is large enough', () => {
  fc.assert(
    fc.property(views, ({ view, minInSync }) => {
      const required = Math.min(minInSync, view.copies.length)
      const expected = slowly(view, (end) => {
        if (view.inSync.length < required || view.maximalInSync.length === 0) return false
        return view.maximalInSync.every((broker) => (view.copies[broker]?.storedUpTo ?? -1) >= end)
      })
      assert.equal(isrCommit(minInSync).committedUpTo(view), expected)
    }),
  )
})

test('majority commits what more than half have, once that reaches into the present epoch', () => {
  fc.assert(
    fc.property(views, ({ view }) => {
      const expected = slowly(view, (end) => {
        const having = view.copies.filter(({ storedUpTo }) => storedUpTo >= end).length
        return end > view.epochStart && having * 2 > view.copies.length
      })
      assert.equal(majorityCommit.committedUpTo(view), expected)
    }),
  )
})

test('primary-backup commits what the primary and so many backups have, once that reaches into the present epoch', () => {
  fc.assert(
    fc.property(views, fc.integer({ min: 0, max: 3 }), ({ view }, backups) => {
      const expected = slowly(view, (end) => {
        const others = view.copies.filter(({ broker, storedUpTo }) => broker !== view.self && storedUpTo >= end)
        const own = view.copies[view.self]?.storedUpTo ?? -1
        return end > view.epochStart && own >= end && others.length >= backups
      })
      assert.equal(primaryCommit(backups).committedUpTo(view), expected)
    }),
  )
})

test('primary-backup takes records at the primary only, and promises nothing with fewer backups in touch than it needs', () => {
  const copies = [4, 9, -1].map((storedUpTo, broker) => ({ broker, storedUpTo }))
  const view: CommitView = { self: 0, copies, inSync: [], maximalInSync: [], eligible: [], epoch: 1, epochStart: 0 }
  assert.equal(primaryCommit(0).takesWrites(0, copies), true)
  assert.equal(primaryCommit(0).takesWrites(1, copies), false)
  assert.equal(primaryCommit(1).admits(view), null)
  assert.deepEqual(primaryCommit(2).admits(view), { code: 'not-enough-replicas', inSync: 2, required: 3 })
})

test('that a leader still leads is proven by all that may have been elected in its place', () => {
  const copies = [4, 9, 2].map((storedUpTo, broker) => ({ broker, storedUpTo }))
  const view: CommitView = {
    self: 0,
    copies,
    inSync: [0, 1],
    maximalInSync: [0, 1],
    eligible: [],
    epoch: 1,
    epochStart: 0,
  }
  assert.equal(isrCommit(2).provesLead(view, new Set([2])), false)
  assert.equal(isrCommit(2).provesLead(view, new Set([1])), true)
  assert.equal(isrCommit(2).provesLead({ ...view, eligible: [2] }, new Set([1])), false)
  assert.equal(isrCommit(2).provesLead({ ...view, inSync: [0], maximalInSync: [0] }, new Set()), true)
  assert.equal(majorityCommit.provesLead(view, new Set()), false)
  assert.equal(majorityCommit.provesLead(view, new Set([2])), true)
  // A promotion needs the promise of so many backups that one of any two of these would be among them.
  assert.equal(primaryCommit(0).provesLead(view, new Set()), true)
  assert.equal(primaryCommit(2).provesLead(view, new Set([1])), false)
  assert.equal(primaryCommit(2).provesLead(view, new Set([1, 2])), true)
})
