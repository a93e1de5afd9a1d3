import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { crc32c, crc32cByTable } from './crc32c.ts'

test('the check value of RFC 3720 and of the CRC catalogue', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa)
  assert.equal(crc32c(Buffer.alloc(128)), crc32cByTable(Buffer.alloc(128)))
})

test('native code and table give the same for any part of any bytes', () => {
  const part = fc.tuple(fc.uint8Array({ maxLength: 400 }), fc.nat({ max: 400 }), fc.nat({ max: 400 }))
  fc.assert(
    fc.property(part, ([content, a, b]) => {
      const bytes = Buffer.from(content)
      const from = Math.min(a, b, bytes.length)
      const upTo = Math.min(Math.max(a, b), bytes.length)
      assert.equal(crc32c(bytes, from, upTo), crc32cByTable(bytes, from, upTo))
    }),
    { numRuns: 1000 },
  )
})
