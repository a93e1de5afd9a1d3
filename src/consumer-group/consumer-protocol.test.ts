import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { subscribedTopicsOf } from './consumer-protocol.ts'
import { subscription } from './story-teller.ts'

test('topics of a subscription are read, whatever follows them', () => {
  assert.deepEqual(subscribedTopicsOf(subscription(['a', 'words'])), ['a', 'words'])
  assert.deepEqual(subscribedTopicsOf(Buffer.concat([subscription([]), Buffer.from('more')])), [])
})

test('bytes that are no subscription are nobody’s topics, and never an error', () => {
  assert.equal(subscribedTopicsOf(new Uint8Array(0)), null)
  assert.equal(subscribedTopicsOf(Buffer.from([0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0])), null)
  assert.equal(subscribedTopicsOf(Buffer.from([0, 0, 0, 0, 0, 1, 0, 9, 97])), null)
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const topics = subscribedTopicsOf(bytes)
      assert.ok(topics === null || topics.length * 2 <= bytes.length)
    }),
  )
})
