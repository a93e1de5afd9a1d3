import fc from 'fast-check'

/** Longer inputs are cut: they take time and show nothing more. */
const bytesMax = 256 * 1024

/** The ends of counts, sizes and offsets, in the forms that they are written in: where decoders go wrong. */
const edges = [
  '00',
  '01',
  '7f',
  '80',
  'ff',
  '7fff',
  '8000',
  'ffff',
  '7fffffff',
  '80000000',
  'ffffffff',
  'fffffffe',
  '00100000',
  'ffffff7f',
  '7fffffffffffffff',
  '8000000000000000',
  'ffffffffffffffff',
  '0020000000000000',
  '8001',
  'ffffffff0f',
  'ffffffff7f',
  'feffffff0f',
  'ffffffffffffffffff01',
].map((hex) => Buffer.from(hex, 'hex'))

type Change = (bytes: Buffer, all: readonly Buffer[]) => Buffer

const at = fc.nat()
const short = fc.integer({ min: 0, max: 8 })

/** Where in the bytes; most fields that decide stand near the beginning. */
const place = fc.oneof(fc.integer({ min: 0, max: 100 }), at)

const flip: fc.Arbitrary<Change> = fc.tuple(place, fc.nat(7)).map(([where, bit]) => (bytes) => {
  const flipped = Buffer.from(bytes)
  if (bytes.length > 0) flipped[where % bytes.length] = (flipped[where % bytes.length] as number) ^ (1 << bit)
  return flipped
})

const overwrite: fc.Arbitrary<Change> = fc.tuple(place, fc.constantFrom(...edges)).map(([where, edge]) => (bytes) => {
  const from = bytes.length === 0 ? 0 : where % bytes.length
  return Buffer.concat([bytes.subarray(0, from), edge, bytes.subarray(from + edge.length)])
})

const insert: fc.Arbitrary<Change> = fc
  .tuple(place, fc.oneof(fc.constantFrom(...edges), fc.uint8Array({ maxLength: 12 })), short)
  .map(([where, put, drop]) => (bytes) => {
    const from = bytes.length === 0 ? 0 : where % bytes.length
    return Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from + drop)])
  })

const cut: fc.Arbitrary<Change> = at.map((where) => (bytes) => bytes.subarray(0, where % (bytes.length + 1)))

/** The same bytes many times: long varints, and counts that have that many elements indeed. */
const repeat: fc.Arbitrary<Change> = fc
  .tuple(place, fc.integer({ min: 1, max: 64 }), fc.integer({ min: 2, max: 300 }))
  .map(([where, length, times]) => (bytes) => {
    const from = bytes.length === 0 ? 0 : where % bytes.length
    const piece = bytes.subarray(from, from + length)
    return Buffer.concat([bytes.subarray(0, from), ...Array<Buffer>(times).fill(piece), bytes.subarray(from)])
  })

const run: fc.Arbitrary<Change> = fc
  .tuple(place, fc.constantFrom(0x00, 0x01, 0x7f, 0x80, 0xff), fc.integer({ min: 1, max: 400 }))
  .map(([where, byte, length]) => (bytes) => {
    const from = bytes.length === 0 ? 0 : where % bytes.length
    return Buffer.concat([bytes.subarray(0, from), Buffer.alloc(length, byte), bytes.subarray(from)])
  })

/** The head of one and the tail of another; the whole other behind it. */
const splice: fc.Arbitrary<Change> = fc.tuple(at, at, fc.boolean()).map(([which, where, whole]) => (bytes, all) => {
  const other = all[which % all.length] as Buffer
  const from = where % (bytes.length + 1)
  return Buffer.concat([whole ? bytes : bytes.subarray(0, from), other.subarray(whole ? 0 : from)])
})

const change = fc.oneof(
  { weight: 4, arbitrary: overwrite },
  { weight: 3, arbitrary: flip },
  { weight: 3, arbitrary: insert },
  { weight: 1, arbitrary: cut },
  { weight: 1, arbitrary: repeat },
  { weight: 1, arbitrary: run },
  { weight: 1, arbitrary: splice },
)

/** Good bytes, some of them changed in a few places; now and then as they are, or nothing but noise. */
export function mutated(good: readonly Buffer[]): fc.Arbitrary<Buffer> {
  const noise = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes))
  return fc.oneof({ weight: 19, arbitrary: changed(good) }, { weight: 1, arbitrary: noise })
}

function changed(good: readonly Buffer[]): fc.Arbitrary<Buffer> {
  return fc.tuple(fc.nat(good.length - 1), fc.array(change, { maxLength: 5 })).map(([which, changes]) => {
    let bytes = good[which] as Buffer
    for (const apply of changes) bytes = apply(bytes, good).subarray(0, bytesMax)
    // A copy: what is fed may write into it.
    return Buffer.from(bytes)
  })
}
