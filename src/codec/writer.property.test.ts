import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Reader } from './reader.ts'
import { UnencodableValue } from './unencodable-value.ts'
import { joined, varlongBytes, Writer } from './writer.ts'

interface Kind {
  arbitrary: fc.Arbitrary<unknown>
  write(writer: Writer, value: unknown): void
  read(reader: Reader, value: unknown): unknown
}

const safe = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.integer({ min: -70, max: 70 }))
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const bytes = fc.uint8Array({ maxLength: 3000 })
const kinds = {
  bool: kind(
    fc.boolean(),
    (w, v) => w.bool(v),
    (r) => r.bool(),
  ),
  int8: kind(
    fc.integer({ min: -128, max: 127 }),
    (w, v) => w.int8(v),
    (r) => r.int8(),
  ),
  int16: kind(
    fc.integer({ min: -32768, max: 32767 }),
    (w, v) => w.int16(v),
    (r) => r.int16(),
  ),
  uint16: kind(
    fc.integer({ min: 0, max: 65535 }),
    (w, v) => w.uint16(v),
    (r) => r.uint16(),
  ),
  int32: kind(
    fc.integer(),
    (w, v) => w.int32(v),
    (r) => r.int32(),
  ),
  uint32: kind(
    uint32,
    (w, v) => w.uint32(v),
    (r) => r.uint32(),
  ),
  int64: kind(
    safe,
    (w, v) => w.int64(v),
    (r) => r.int64(),
  ),
  bigint64: kind(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    (w, v) => w.bigint64(v),
    (r) => r.bigint64(),
  ),
  float64: kind(
    fc.double(),
    (w, v) => w.float64(v),
    (r) => r.float64(),
  ),
  unsignedVarint: kind(
    uint32,
    (w, v) => w.unsignedVarint(v),
    (r) => r.unsignedVarint(),
  ),
  varint: kind(
    fc.integer(),
    (w, v) => w.varint(v),
    (r) => r.varint(),
  ),
  varlong: kind(
    safe,
    (w, v) => w.varlong(v),
    (r) => r.varlong(),
  ),
  uuid: kind(
    fc.uint8Array({ minLength: 16, maxLength: 16 }).map((raw) => Buffer.from(raw).toString('base64url')),
    (w, v) => w.uuid(v),
    (r) => r.uuid(),
  ),
  string: kind(
    fc.string({ unit: 'grapheme' }),
    (w, v) => w.string(v, Buffer.byteLength(v)),
    (r, v) => r.string(Buffer.byteLength(v)),
  ),
  bytes: kind(
    bytes,
    (w, v) => w.bytes(v),
    (r, v) => new Uint8Array(r.bytes(v.length)),
  ),
}

test('whatever is written is read again, in any order and over any chunk borders', () => {
  const name = fc.constantFrom(...(Object.keys(kinds) as (keyof typeof kinds)[]))
  const item = name.chain((kind) =>
    (kinds[kind] as Kind).arbitrary.map((value) => ({ kind: kinds[kind] as Kind, value })),
  )
  fc.assert(
    fc.property(fc.array(item, { maxLength: 60 }), fc.integer({ min: 900, max: 1030 }), (items, filler) => {
      const writer = new Writer()
      // Up to the end of the first block, so that anything may be what crosses it.
      for (let i = 0; i < filler; i++) writer.int8(0)
      for (const { kind, value } of items) kind.write(writer, value)
      const size = writer.size
      const written = joined(writer.finish())
      assert.equal(written.length, size)
      const reader = new Reader(written)
      reader.skip(filler)
      for (const { kind, value } of items) assert.deepEqual(kind.read(reader, value), value)
      assert.equal(reader.remaining, 0)
    }),
  )
})

test('varlong is what a slow twin in bigint makes', () => {
  fc.assert(
    fc.property(safe, (value) => {
      const writer = new Writer()
      writer.varlong(value)
      assert.equal(varlongBytes(value), writer.size)
      assert.equal(Buffer.from(joined(writer.finish())).toString('hex'), slowVarlong(BigInt(value)))
    }),
  )
})

test('a number out of range is refused, never cut', () => {
  const refused: [(writer: Writer, value: number) => void, number[]][] = [
    [(w, v) => w.int8(v), [128, -129, 1.5, Number.NaN]],
    [(w, v) => w.int16(v), [32768, -32769, 0.1]],
    [(w, v) => w.uint16(v), [65536, -1]],
    [(w, v) => w.int32(v), [2 ** 31, -(2 ** 31) - 1, Number.POSITIVE_INFINITY]],
    [(w, v) => w.uint32(v), [2 ** 32, -1]],
    [(w, v) => w.int64(v), [2 ** 53, -(2 ** 53), 0.5, Number.NaN]],
    [(w, v) => w.unsignedVarint(v), [2 ** 32, -1]],
    [(w, v) => w.varint(v), [2 ** 31]],
    [(w, v) => w.varlong(v), [2 ** 53, 0.5]],
  ]
  for (const [write, values] of refused) {
    for (const value of values) assert.throws(() => write(new Writer(), value), UnencodableValue)
  }
  assert.throws(() => new Writer().bigint64(2n ** 63n), UnencodableValue)
  assert.throws(() => new Writer().uuid('no uuid'), UnencodableValue)
  assert.throws(() => new Writer().uuid('!!!!!!!!!!!!!!!!!!!!!!'), UnencodableValue)
})

test('large byte values are passed on, not copied', () => {
  const large = Buffer.alloc(5000)
  const writer = new Writer()
  writer.int32(1)
  writer.bytes(large)
  writer.int32(2)
  const chunks = writer.finish()
  assert.equal(chunks.length, 3)
  assert.equal(chunks[1], large)
})

function kind<T>(arbitrary: fc.Arbitrary<T>, write: (w: Writer, v: T) => void, read: (r: Reader, v: T) => T) {
  return { arbitrary, write, read }
}

function slowVarlong(value: bigint): string {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  const out: number[] = []
  while (rest > 127n) {
    out.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  return Buffer.from([...out, Number(rest)]).toString('hex')
}
