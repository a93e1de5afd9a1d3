import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { furthestOf, type UncleanCandidate } from './unclean.ts'

const candidates = fc.uniqueArray(
  fc.record({
    broker: fc.integer({ min: 1, max: 9 }),
    position: fc.record({ lastEpoch: fc.integer({ min: -1, max: 3 }), endOffset: fc.integer({ min: 0, max: 4 }) }),
    isSuspect: fc.boolean(),
  }),
  { selector: ({ broker }) => broker, maxLength: 6 },
)

/** The obvious way: sorted by what matters most first; a stable sort keeps the order of equals. */
function bySorting(given: readonly UncleanCandidate[]): UncleanCandidate | null {
  const sorted = [...given].sort(
    (one, other) =>
      other.position.lastEpoch - one.position.lastEpoch ||
      other.position.endOffset - one.position.endOffset ||
      Number(one.isSuspect) - Number(other.isSuspect),
  )
  return sorted[0] ?? null
}

test('the longest log leads: by last epoch, then by end; among equals whoever has lost nothing, then the first', () => {
  fc.assert(fc.property(candidates, (given) => assert.deepEqual(furthestOf(given), bySorting(given))))
})
