import assert from 'node:assert/strict'
import { test } from 'node:test'
import { audit, checksumOf, type InputRow, type SeenRow } from './audit.ts'

const input: InputRow[] = ['a', 'b', 'a', 'b'].map((key, row) => ({ row, key, value: `value ${row}` }))
const whole: SeenRow[] = input.map((row, offset) => ({ ...row, partition: 0, offset }))
const pick = (...rows: number[]): SeenRow[] => rows.map((row) => whole[row] as SeenRow)

test('a whole log has nothing lost, repeated or out of order, and the checksum of the input', () => {
  const checksum = checksumOf(input.map(({ value }) => value))
  assert.deepEqual(audit(input, [whole]), { records: 4, lost: 0, repeated: 0, altered: 0, outOfOrder: 0, checksum })
})

test('a lost row is counted and changes the checksum', () => {
  const seen = audit(input, [pick(0, 1, 3)])
  assert.equal(seen.lost, 1)
  assert.notEqual(seen.checksum, audit(input, [whole]).checksum)
})

test('a resent batch counts as repeats, not as disorder', () => {
  const seen = audit(input, [pick(0, 1, 0, 1, 2, 3)])
  assert.deepEqual([seen.repeated, seen.outOfOrder, seen.lost], [2, 0, 0])
})

test('an older row of a key after a newer one is out of order', () => {
  assert.equal(audit(input, [pick(2, 1, 0, 3)]).outOfOrder, 1)
})

test('rows of a key that two readers share are in order when each saw them in order', () => {
  const seen = audit(input, [pick(0, 1), pick(1, 2, 3)])
  assert.deepEqual([seen.outOfOrder, seen.repeated, seen.lost], [0, 1, 0])
})

test('a changed value is counted', () => {
  const [first] = pick(0)
  assert.equal(audit(input, [[{ ...(first as SeenRow), value: 'other' }]]).altered, 1)
})
