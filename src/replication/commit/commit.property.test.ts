import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CommitView } from './commit-policy.ts'
import { isrCommit } from './isr.ts'
import { majorityCommit } from './majority.ts'

const views = fc
  .record({
    ends: fc.array(fc.integer({ min: -1, max: 12 }), { minLength: 1, maxLength: 7 }),
    epochStart: fc.integer({ min: 0, max: 12 }),
    inSyncBits: fc.integer({ min: 1, max: 127 }),
    proposedBits: fc.integer({ min: 0, max: 127 }),
    minInSync: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ ends, epochStart, inSyncBits, proposedBits, minInSync }) => {
    const copies = ends.map((storedUpTo, broker) => ({ broker, storedUpTo }))
    const inSync = copies.filter(({ broker }) => inSyncBits & (1 << broker)).map(({ broker }) => broker)
    const maximalInSync = copies
      .filter(({ broker }) => (inSyncBits | proposedBits) & (1 << broker))
      .map(({ broker }) => broker)
    const view: CommitView = { copies, inSync, maximalInSync, epoch: 1, epochStart }
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
