import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedInput } from './malformed-input.ts'
import { array, decode, decodeVersioned, encode, encodeVersioned, type MessageOf, message } from './message.ts'
import { Reader } from './reader.ts'
import { UnencodableValue } from './unencodable-value.ts'
import { zeroUuid } from './uuid.ts'

const inner = message({
  id: { type: 'int32', about: 'Any number.' },
  label: { type: 'string', since: 2, nullableSince: 2, default: null, ignorable: true, about: 'Any text.' },
})

const sample = message(
  {
    name: { type: 'string', about: 'Any text.' },
    old: { type: 'int16', until: 1, default: -1, about: 'Only in the first versions.' },
    inners: { type: array(inner), nullableSince: 1, about: 'Any number of them.' },
    numbers: { type: array('int64'), about: 'Any numbers.' },
    cursor: { type: inner, nullableSince: 0, default: null, about: 'One of them, or none.' },
    data: { type: 'bytes', nullableSince: 1, about: 'Any bytes.' },
    records: { type: 'records', nullableSince: 0, about: 'Record batches.' },
    extra: { type: inner, since: 3, tagged: { tag: 1, since: 3 }, about: 'One of them, tagged.' },
    note: { type: 'string', since: 3, tagged: { tag: 0, since: 3 }, ignorable: true, about: 'A text, tagged.' },
    key: { type: 'uuid', since: 1, ignorable: true, about: 'An id.' },
  },
  { flexibleSince: 3, versions: [0, 3] },
)

function roundTrip(value: Parameters<typeof encode<typeof sample>>[1], version: number): MessageOf<typeof sample> {
  return decode(sample, new Reader(encode(sample, value, version)), version)
}

test('a field that was not given has its default, as has one that the version lacks', () => {
  for (const version of [0, 1, 2, 3]) {
    assert.deepEqual(roundTrip({}, version), {
      name: '',
      old: -1,
      inners: [],
      numbers: [],
      cursor: null,
      data: Buffer.alloc(0),
      records: null,
      extra: { id: 0, label: null },
      note: '',
      key: zeroUuid,
    })
  }
})

test('values come back in every version that has their fields', () => {
  const inners = [
    { id: 1, label: 'one' },
    { id: -2, label: null },
  ]
  const value = {
    name: 'Größe',
    inners,
    numbers: [Number.MAX_SAFE_INTEGER, -1],
    cursor: { id: 7 },
    data: Buffer.from('data'),
    records: [Buffer.alloc(2000, 1), Buffer.alloc(10, 2)],
    extra: { id: 5, label: 'x' },
    note: 'hello',
    key: 'AAAAAAAAAAAAAAAAAAAAAQ',
  }
  assert.deepEqual(roundTrip(value, 3), {
    ...value,
    old: -1,
    cursor: { id: 7, label: null },
    records: Buffer.concat(value.records),
  })
  assert.equal(roundTrip({ inners: null }, 1).inners, null)
})

test('a value that the version has no place for is refused, unless it may be dropped', () => {
  assert.throws(() => encode(sample, { old: 3 }, 2), /^UnencodableValue: old: version 2 cannot carry 3/)
  assert.throws(() => encode(sample, { extra: { id: 1 } }, 2), UnencodableValue)
  encode(sample, { old: -1, extra: { id: 0 } }, 2)
  assert.equal(roundTrip({ note: 'dropped', inners: [{ id: 1, label: 'dropped' }] }, 1).inners?.[0]?.label, null)
})

test('null is refused where the version does not allow it, both ways, with the path', () => {
  assert.throws(() => encode(sample, { inners: null }, 0), /inners: null/)
  assert.throws(() => encode(sample, { data: null }, 0), /data: null/)
  const bytes = Buffer.from(encode(sample, { inners: null }, 1))
  assert.throws(() => decode(sample, new Reader(bytes), 0), /null, which the version does not allow.* in inners/)
})

test('what goes wrong deep inside says where, in the bytes and in the message', () => {
  // The second label is longer than what is left.
  const bytes = Buffer.from('0000' + '00000002' + '00000001ffff' + '000000027fff', 'hex')
  assert.throws(
    () => decode(sample, new Reader(bytes), 2),
    (error: unknown) => error instanceof MalformedInput && error.position === 18 && error.path === 'inners[1].label',
  )
  assert.throws(() => encode(sample, { inners: [{ id: 1 }, { id: 2 ** 40 }] }, 0), /^UnencodableValue: inners\[1\].id:/)
})

test('a lying count is found before anything is made of it', () => {
  const numbers = message({ all: { type: array('int64'), about: 'Any numbers.' } }, { flexibleSince: 1 })
  const bytes = Buffer.alloc(100)
  bytes.writeInt32BE(13)
  assert.throws(() => decode(numbers, new Reader(bytes), 0), /13 elements, 96 bytes left at byte 4, in all/)
  bytes.writeInt32BE(0x7fffffff)
  assert.throws(() => decode(numbers, new Reader(bytes), 0), MalformedInput)
  const flexible = Buffer.from('ffffffff0f0000', 'hex')
  assert.throws(() => decode(numbers, new Reader(flexible), 1), MalformedInput)
})

test('more messages in one than any cluster needs are malformed, before memory is taken for them', () => {
  const tiny = message({ a: { type: 'int8', about: 'A number.' } })
  const many = message({ all: { type: array(tiny), about: 'Many.' }, more: { type: array(tiny), about: 'Many more.' } })
  const bytes = Buffer.alloc(1_000_010)
  bytes.writeInt32BE(600_000)
  bytes.writeInt32BE(399_990, 600_004)
  assert.equal(decode(many, new Reader(bytes), 0).more.length, 399_990)
  const tooMany = Buffer.concat([bytes, Buffer.alloc(100)])
  tooMany.writeInt32BE(400_001, 600_004)
  assert.throws(() => decode(many, new Reader(tooMany), 0), /more than 1000000 messages in one at byte 600008, in more/)
})

test('unknown tagged fields are stepped over, lying ones are malformed', () => {
  const plain = message({}, { flexibleSince: 0 })
  const tagged = message(
    { a: { type: 'int32', tagged: { tag: 0, since: 0 }, about: 'A number.' } },
    { flexibleSince: 0 },
  )
  const bytes = encode(tagged, { a: 5 }, 0)
  assert.equal(Buffer.from(bytes).toString('hex'), '01000400000005')
  const reader = new Reader(bytes)
  assert.deepEqual(decode(plain, reader, 0), {})
  assert.equal(reader.remaining, 0)
  for (const lie of ['0100050000000500', '010003000000', '01000400', 'ffffffff0f']) {
    assert.throws(() => decode(tagged, new Reader(Buffer.from(lie, 'hex')), 0), MalformedInput, lie)
  }
})

test('a string is at most 32,767 bytes long, both ways', () => {
  for (const version of [0, 3]) {
    assert.equal(roundTrip({ name: 'x'.repeat(32767) }, version).name.length, 32767)
    assert.throws(() => encode(sample, { name: 'ß'.repeat(16384) }, version), UnencodableValue)
  }
  const bytes = Buffer.concat([Buffer.from('818002', 'hex'), Buffer.alloc(40000)])
  assert.throws(() => decode(sample, new Reader(bytes), 3), /a string of 32768 bytes/)
})

test('a message with its version in front is read by that version, and only by known ones', () => {
  const bytes = encodeVersioned(sample, { name: 'n', old: 4 }, 1)
  const { version, value } = decodeVersioned(sample, bytes)
  assert.equal(version, 1)
  assert.equal(value.old, 4)
  assert.throws(() => decodeVersioned(sample, Buffer.concat([bytes, Buffer.alloc(1)])), /1 bytes too many/)
  for (const unknown of ['0004', 'ffff', '00', '']) {
    assert.throws(() => decodeVersioned(sample, Buffer.from(unknown, 'hex')), MalformedInput)
  }
})

test('what is decoded by default is shared, and so cannot be changed', () => {
  const value = roundTrip({}, 0)
  assert.ok(Object.isFrozen(value.extra))
  const inners = decode(message({ a: { type: array('int8'), since: 9, about: '.' } }), new Reader(Buffer.alloc(0)), 0).a
  assert.ok(Object.isFrozen(inners))
})
