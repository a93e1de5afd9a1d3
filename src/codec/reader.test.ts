import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedInput } from './malformed-input.ts'
import { Reader } from './reader.ts'

const reads: { [name: string]: [bytes: number, read: (reader: Reader) => unknown] } = {
  bool: [1, (reader) => reader.bool()],
  int8: [1, (reader) => reader.int8()],
  int16: [2, (reader) => reader.int16()],
  uint16: [2, (reader) => reader.uint16()],
  int32: [4, (reader) => reader.int32()],
  uint32: [4, (reader) => reader.uint32()],
  int64: [8, (reader) => reader.int64()],
  bigint64: [8, (reader) => reader.bigint64()],
  float64: [8, (reader) => reader.float64()],
  uuid: [16, (reader) => reader.uuid()],
  string: [3, (reader) => reader.string(3)],
  bytes: [3, (reader) => reader.bytes(3)],
}

for (const [name, [bytes, read]] of Object.entries(reads)) {
  test(`${name} beyond the end is malformed, and says where`, () => {
    const reader = new Reader(Buffer.alloc(bytes + 1))
    reader.skip(2)
    assert.throws(
      () => read(reader),
      (error: unknown) => error instanceof MalformedInput && error.position === 2,
    )
    assert.equal(reader.remaining, bytes - 1)
  })
}

test('a size beyond every buffer is malformed, not a RangeError', () => {
  for (const size of [2 ** 31 - 1, 2 ** 32 - 1, 2 ** 40]) {
    assert.throws(() => new Reader(Buffer.alloc(4)).bytes(size), MalformedInput)
    assert.throws(() => new Reader(Buffer.alloc(4)).string(size), MalformedInput)
    assert.throws(() => new Reader(Buffer.alloc(4)).skip(size), MalformedInput)
  }
})

test('an int64 that a number cannot hold is malformed', () => {
  assert.equal(new Reader(Buffer.from('001fffffffffffff', 'hex')).int64(), Number.MAX_SAFE_INTEGER)
  assert.equal(new Reader(Buffer.from('ffe0000000000001', 'hex')).int64(), Number.MIN_SAFE_INTEGER)
  for (const hex of ['0020000000000000', 'ffe0000000000000', '7fffffffffffffff', '8000000000000000']) {
    assert.throws(() => new Reader(Buffer.from(hex, 'hex')).int64(), MalformedInput, hex)
  }
})

test('a varint that goes on for too long, or ends early, is malformed', () => {
  for (const hex of ['ffffffff1f', 'ffffffffff01', '80808080', '']) {
    assert.throws(() => new Reader(Buffer.from(hex, 'hex')).unsignedVarint(), MalformedInput, hex)
  }
  for (const hex of ['ffffffffffffffffffff01', 'ffffffffffffffffff01', '8080808080808020', '8080808080', '']) {
    assert.throws(() => new Reader(Buffer.from(hex, 'hex')).varlong(), MalformedInput, hex)
  }
})

test('a reader on a part of a larger buffer sees that part only', () => {
  const reader = new Reader(new Uint8Array([1, 2, 3, 4, 5, 6]).subarray(2, 4))
  assert.equal(reader.int16(), 0x0304)
  assert.throws(() => reader.int8(), MalformedInput)
})

test('bytes are a view, not a copy', () => {
  const frame = Buffer.from([1, 2, 3])
  const view = new Reader(frame).bytes(3)
  frame[1] = 9
  assert.equal(view[1], 9)
})
