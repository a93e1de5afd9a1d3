import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeRecords, parseRecordLine, type ReadRecord, requireExactly, sentRecordLine } from './records.ts'

const sent = makeRecords({ count: 120 })
const read: ReadRecord[] = sent.map((record, offset) => ({ ...record, partition: 0, offset, timestamp: 0 }))

test('what was sent and read back whole is accepted', () => {
  requireExactly(sent, read)
})

test('a record line gives back what was sent, headers included', () => {
  const [first] = sent
  assert.ok(first !== undefined)
  const line = `record\t2\t7\t${sentRecordLine({ ...first, timestamp: 1_700_000_000_000 })}`
  assert.deepEqual(parseRecordLine(line.split('\t')), {
    ...first,
    partition: 2,
    offset: 7,
    timestamp: 1_700_000_000_000,
  })
})

test('nothing and an empty text are two things in a line', () => {
  const line = sentRecordLine({ key: null, value: '', headers: [] })
  assert.equal(line, '\t\\N\t')
  const { key, value } = parseRecordLine(`record\t0\t0\t0${line}`.split('\t'))
  assert.deepEqual({ key, value }, { key: null, value: '' })
})

test('a timestamp that was given is compared, one that was not is the client’s own', () => {
  const timed = makeRecords({ count: 3, firstTimestamp: 1000 })
  const back = timed.map((record, offset) => ({ ...record, partition: 0, offset, timestamp: 1000 + offset }))
  requireExactly(timed, back)
  assert.throws(
    () =>
      requireExactly(
        timed,
        back.map((record) => ({ ...record, timestamp: 1 })),
      ),
    /read as/,
  )
})

test('a missing, a repeated, a changed, a swapped and a foreign record are each refused', () => {
  const [first, second] = read
  assert.ok(first !== undefined && second !== undefined)
  assert.throws(() => requireExactly(sent, read.slice(1)), /missing/)
  assert.throws(() => requireExactly(sent, [...read, first]), /came twice/)
  assert.throws(() => requireExactly(sent, [{ ...first, key: 'other' }, ...read.slice(1)]), /key is other/)
  assert.throws(() => requireExactly(sent, [{ ...first, headers: [] }, ...read.slice(1)]), /read as/)
  assert.throws(
    () => requireExactly(sent, [...read, { ...first, value: 'never sent', offset: 120 }]),
    /121 records read/,
  )
})

test('an older record of a key behind a newer one is refused', () => {
  const swapped = read.map((record) => ({ ...record, offset: (record.offset + 60) % 120 }))
  assert.throws(() => requireExactly(sent, swapped), /out of order/)
})

test('a hole in the offsets is refused', () => {
  const holed = read.map((record) => ({ ...record, offset: record.offset * 2 }))
  assert.throws(() => requireExactly(sent, holed), /is due/)
})

test('a key in two partitions is refused', () => {
  const spread = read.map((record, i) => ({ ...record, partition: i < 60 ? 0 : 1, offset: i % 60 }))
  assert.throws(() => requireExactly(sent, spread), /two partitions/)
})
