import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OffsetWaits } from './offset-waits.ts'

test('who waits is answered in the order of the offsets, once, and not before its own is passed', () => {
  const waits = new OffsetWaits<string>()
  const answered: string[] = []
  for (const upTo of [5, 9, 7]) waits.add(upTo, (outcome) => answered.push(`${upTo}:${outcome}`))
  waits.advance(4)
  assert.deepEqual(answered, [])
  waits.advance(7)
  assert.deepEqual(answered, ['5:null', '7:null'])
  waits.refuseAll('gone')
  assert.deepEqual(answered, ['5:null', '7:null', '9:gone'])
  waits.advance(100)
  assert.equal(answered.length, 3)
})

test('a refusal reaches those who wait, not those who come while it is told', () => {
  const waits = new OffsetWaits<string>()
  waits.add(1, () => waits.add(2, () => assert.fail('came after the refusal')))
  waits.refuseAll('gone')
  assert.equal(waits.size, 1)
})

test('any order of waits and advances answers like a plain list would', () => {
  const steps = fc.array(fc.record({ wait: fc.boolean(), offset: fc.nat(50) }), { maxLength: 200 })
  fc.assert(
    fc.property(steps, (taken) => {
      const waits = new OffsetWaits<string>()
      let waiting: number[] = []
      const answered: number[] = []
      for (const { wait, offset } of taken) {
        if (wait) {
          waits.add(offset, () => answered.push(offset))
          waiting.push(offset)
        } else {
          answered.length = 0
          waits.advance(offset)
          const expected = waiting.filter((upTo) => upTo <= offset).sort((a, b) => a - b)
          waiting = waiting.filter((upTo) => upTo > offset)
          assert.deepEqual(answered, expected)
        }
      }
      assert.equal(waits.size, waiting.length)
    }),
  )
})
