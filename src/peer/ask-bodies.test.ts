import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedInput } from '../codec/malformed-input.ts'
import { decodeAskBody, encodeAskBody } from './ask-bodies.ts'

test('a body comes out as it went in, its maps too', () => {
  const value = { offset: 5, none: null, configs: new Map([['retention.ms', new Map([['a', 1]])]]) }
  assert.deepEqual(decodeAskBody(encodeAskBody(value)), { version: 1, ...value })
})

test('what is no body, or is of another release, is malformed', () => {
  for (const text of ['', '{"version":', 'null', '[]', '{}', '{"version":2,"offset":5}']) {
    assert.throws(() => decodeAskBody(Buffer.from(text)), MalformedInput, text)
  }
})
