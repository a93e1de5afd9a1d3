import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { brokerSettings } from './broker-settings.ts'
import { editDistance } from './nearest-name.ts'
import type { Settings } from './setting.ts'

const settings = Object.entries(brokerSettings as Settings)

test('canonical text reads back as the same value and the same text', () => {
  const texts = fc.oneof(
    fc.integer().map(String),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
    fc.double().map(String),
    fc.string(),
    fc.constantFrom('TRUE', 'delete, compact,delete', '007', ' 1 '),
  )
  fc.assert(
    fc.property(fc.constantFrom(...settings), texts, ([name, setting], text) => {
      const first = setting.parse(text.trim())
      if ('problem' in first) return
      assert.deepEqual(setting.parse(first.text), first, name)
    }),
    { numRuns: 2_000 },
  )
})

test('the bounded edit distance is the slow one, cut off', () => {
  const word = fc.string({ maxLength: 7, unit: fc.constantFrom('a', 'b', '.') })
  fc.assert(
    fc.property(word, word, fc.integer({ min: 1, max: 9 }), (from, to, bound) => {
      assert.equal(editDistance(from, to, bound), Math.min(bound, slow(from, to)))
    }),
  )
})

/** The recursive definition. */
function slow(from: string, to: string): number {
  if (from === '' || to === '') return Math.max(from.length, to.length)
  const rest = (i: number, j: number) => slow(from.slice(0, -i), to.slice(0, j === 0 ? undefined : -j))
  const last = (text: string, back: number) => text[text.length - back]
  let least = Math.min(
    rest(1, 0) + 1,
    slow(from, to.slice(0, -1)) + 1,
    rest(1, 1) + (last(from, 1) === last(to, 1) ? 0 : 1),
  )
  const swapped = from.length > 1 && to.length > 1 && last(from, 1) === last(to, 2) && last(from, 2) === last(to, 1)
  if (swapped) least = Math.min(least, rest(2, 2) + 1)
  return least
}
