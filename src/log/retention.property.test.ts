import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { endOfExpired, type HeldSegment, type RetentionRule } from './retention.ts'

interface Case {
  readonly segments: readonly HeldSegment[]
  readonly rule: RetentionRule
  readonly highWatermark: number
  readonly logEndOffset: number
}

const nowMs = 1000

const oneCase: fc.Arbitrary<Case> = fc
  .record({
    sizes: fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 8 }),
    ages: fc.array(fc.integer({ min: -50, max: 200 }), { minLength: 9, maxLength: 9 }),
    untimed: fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
    activeIsEmpty: fc.boolean(),
    rule: fc.record({ ms: fc.integer({ min: -1, max: 150 }), bytes: fc.integer({ min: -1, max: 300 }) }),
    highWatermark: fc.integer({ min: 0, max: 90 }),
  })
  .map(({ sizes, ages, untimed, activeIsEmpty, rule, highWatermark }) => {
    const all = [...sizes, activeIsEmpty ? 0 : 10]
    const segments = all.map((sizeBytes, i) => {
      const newest = nowMs - (ages[i] ?? 0)
      const maxTimestamp = untimed[i] === true || sizeBytes === 0 ? -1 : newest
      return { baseOffset: i * 10, sizeBytes, maxTimestamp, modifiedMs: newest, isLoaded: true }
    })
    const logEndOffset = (all.length - 1) * 10 + (activeIsEmpty ? 0 : 10)
    return { segments, rule, highWatermark: Math.min(highWatermark, logEndOffset), logEndOffset }
  })

/** The slow obvious twin: takes the oldest segment away for as long as the rule, told in Kafka's words, lets it go. */
function slowly({ segments, rule, highWatermark, logEndOffset }: Case): number | null {
  const left = [...segments]
  let expired: number | null = null
  for (let first = left[0]; first !== undefined && first.sizeBytes > 0; first = left[0]) {
    const end = left[1]?.baseOffset ?? logEndOffset
    const size = left.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    const isTooMuch = rule.bytes >= 0 && size - first.sizeBytes >= rule.bytes
    const largest = first.maxTimestamp === -1 ? first.modifiedMs : first.maxTimestamp
    const isTooOld = rule.ms >= 0 && nowMs - largest > rule.ms
    if (end > highWatermark || !(isTooMuch || isTooOld)) break
    left.shift()
    expired = end
  }
  return expired
}

test('retention lets go what taking the oldest segment away, time after time, lets go', () => {
  fc.assert(
    fc.property(oneCase, (one) => {
      const { segments, rule, highWatermark, logEndOffset } = one
      assert.equal(endOfExpired(segments, rule, { nowMs, highWatermark, logEndOffset }), slowly(one))
    }),
    { numRuns: 5000 },
  )
})
