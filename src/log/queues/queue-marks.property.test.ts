import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { QueueMarks } from './queue-marks.ts'

test('marks tell where a list of all batches does, and with very many of them never more, and all at the end', () => {
  const batches = fc.array(
    fc.record({ others: fc.integer({ min: 0, max: 3 }), records: fc.integer({ min: 1, max: 3 }) }),
    {
      minLength: 1,
      maxLength: 60,
    },
  )
  const property = fc.property(
    batches,
    fc.integer({ min: 1, max: 60 }),
    fc.integer({ min: 0, max: 100 }),
    (some, times, percent) => {
      const marks = new QueueMarks({ groupEnd: 0, end: 0 })
      const all: { groupEnd: number; end: number }[] = [{ groupEnd: 0, end: 0 }]
      let [groupEnd, end] = [0, 0]
      for (const { others, records } of Array.from({ length: times }, () => some).flat()) {
        groupEnd += others + records
        end += records
        marks.add({ groupEnd, end }, Math.floor((groupEnd * percent) / 100))
        all.push({ groupEnd, end })
      }
      const watermark = Math.floor((groupEnd * percent) / 100)
      for (const at of [watermark, Math.floor((watermark + groupEnd) / 2), groupEnd]) {
        const known = all.findLast((mark) => mark.groupEnd <= at)?.end ?? 0
        if (all.length <= 1024) assert.equal(marks.at(at), known)
        else assert.ok(marks.at(at) <= known)
      }
      assert.equal(marks.at(groupEnd), end)
    },
  )
  fc.assert(property, { numRuns: 300 })
})
