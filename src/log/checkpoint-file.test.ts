import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeOffsetCheckpoint, encodeOffsetCheckpoint } from './checkpoint-file.ts'

test('a checkpoint of Kafka 4.3.1 is read, and ours is written like it', () => {
  const text = '0\n2\n__transaction_state 45 10\nflights 0 16\n'
  assert.deepEqual(
    decodeOffsetCheckpoint(text),
    new Map([
      ['__transaction_state-45', 10],
      ['flights-0', 16],
    ]),
  )
  const entries = [
    { topic: '__transaction_state', partition: 45, offset: 10 },
    { topic: 'flights', partition: 0, offset: 16 },
  ]
  assert.equal(encodeOffsetCheckpoint(entries), text)
})

test('an empty list is whole', () => {
  assert.deepEqual(decodeOffsetCheckpoint('0\n0\n'), new Map())
})

test('a count that lies, another version, a line that is none, an offset below 0 are damage', () => {
  for (const text of [
    '0\n2\na 0 1\n',
    '1\n1\na 0 1\n',
    '0\n1\na 0\n',
    '0\n1\na 0 -1\n',
    '0\n1\na 0 9999999999999999\n',
    '\n',
  ]) {
    assert.equal(decodeOffsetCheckpoint(text), null, JSON.stringify(text))
  }
})
