import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { jsonRecord, recordFromJson, shownBytes } from './record-text.ts'

test('what consume --json prints is what produce --format json takes, byte for byte', () => {
  const bytes = fc.option(fc.uint8Array({ maxLength: 9 }).map((array) => Buffer.from(array)))
  fc.assert(
    fc.property(
      bytes,
      bytes,
      fc.array(fc.record({ key: fc.string(), value: bytes }, { noNullPrototype: true })),
      (key, value, headers) => {
        const record = { topic: 't', partition: 3, offset: 7, timestamp: 5, key, value, headers }
        const line = Buffer.from(JSON.stringify(jsonRecord(record)))
        assert.deepEqual(recordFromJson(line, 1), { key, value, headers, partition: 3, timestamp: 5 })
      },
    ),
  )
})

test('what is no record is refused with its line', () => {
  for (const [line, says] of [
    ['{', /Line 4 of the input is no JSON\.$/],
    ['[1]', /is no JSON object/],
    ['{"headers":{}}', /headers that are no list/],
    ['{"headers":[{"value":"x"}]}', /a header without a key/],
  ] as const) {
    assert.throws(() => recordFromJson(Buffer.from(line), 4), says)
  }
})

test('other JSON in the place of text is its own text', () => {
  assert.equal(`${recordFromJson(Buffer.from('{"value":{"a":1}}'), 1).value}`, '{"a":1}')
  assert.equal(`${recordFromJson(Buffer.from('{"value":5}'), 1).value}`, '5')
})

test('bytes that are no text are shown in hexadecimal', () => {
  assert.deepEqual(
    [shownBytes(null), shownBytes(Buffer.from('é')), shownBytes(Buffer.from([255]))],
    ['(none)', 'é', '0xff'],
  )
})
