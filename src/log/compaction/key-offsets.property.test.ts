import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bytesPerKey, KeyOffsets } from './key-offsets.ts'

const secret = Buffer.alloc(16, 7)

test('the newest offset of each key is what a Map gives, as long as there is room, however full it is', () => {
  const key = fc.oneof(fc.uint8Array({ maxLength: 3 }), fc.uint8Array({ minLength: 1000, maxLength: 1100 }))
  fc.assert(
    fc.property(
      fc.array(key, { maxLength: 200, size: 'max' }),
      fc.integer({ min: 2, max: 120 }),
      fc.constantFrom(0.5, 0.9, 1),
      (keys, slots, loadFactor) => {
        const offsets = new KeyOffsets({ bytes: slots * bytesPerKey, loadFactor, secret })
        const twin = new Map<string, number>()
        for (const [offset, one] of keys.entries()) {
          const name = Buffer.from(one).toString('hex')
          const fits = twin.has(name) || twin.size < offsets.capacity
          assert.equal(offsets.put(one, offset), fits)
          if (fits) twin.set(name, offset)
        }
        assert.equal(offsets.size, twin.size)
        for (const one of keys) assert.equal(offsets.get(one), twin.get(Buffer.from(one).toString('hex')) ?? -1)
      },
    ),
    { numRuns: 300 },
  )
})
