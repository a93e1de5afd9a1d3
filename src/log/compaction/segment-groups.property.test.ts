import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { groupSegments } from './segment-groups.ts'

const segment = fc.record({
  offsets: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constant(0x7fffffff)),
  sizeBytes: fc.integer({ min: 0, max: 700 }),
  offsetBytes: fc.integer({ min: 0, max: 60 }),
  timeBytes: fc.integer({ min: 0, max: 60 }),
})

test('groups hold all segments in order, fit into one each, and no two neighbours could have been one', () => {
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 20, size: 'max' }), (drawn) => {
      let upTo = 0
      const segments = drawn.map(({ offsets, sizeBytes, offsetBytes, timeBytes }) => {
        const baseOffset = upTo
        upTo += offsets
        return { baseOffset, sizeBytes, offsetIndex: { sizeBytes: offsetBytes }, timeIndex: { sizeBytes: timeBytes } }
      })
      const bounds = { segmentBytes: 1000, segmentIndexBytes: 100, upTo }
      const groups = groupSegments(segments, bounds)
      assert.deepEqual(groups.flat(), segments)
      const endOf = (group: typeof segments): number => {
        const next = segments[segments.indexOf(group[group.length - 1] as (typeof segments)[0]) + 1]
        return next?.baseOffset ?? upTo
      }
      const fits = (group: typeof segments): boolean =>
        group.reduce((sum, one) => sum + one.sizeBytes, 0) <= 1000 &&
        group.reduce((sum, one) => sum + one.offsetIndex.sizeBytes, 0) <= 100 &&
        group.reduce((sum, one) => sum + one.timeIndex.sizeBytes, 0) <= 100 &&
        endOf(group) - 1 - (group[0]?.baseOffset ?? 0) <= 0x7fffffff
      for (const [i, group] of groups.entries()) {
        assert.ok(group.length === 1 || fits(group))
        const [next] = groups[i + 1] ?? []
        if (next !== undefined) assert.ok(!fits([...group, next]))
      }
    }),
    { numRuns: 500 },
  )
})
