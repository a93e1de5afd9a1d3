import assert from 'node:assert/strict'
import { test } from 'node:test'
import { api, decodeRequest, decodeResponse, encodeRequest, encodeResponse, readPreamble } from './api.ts'
import { MalformedInput } from './malformed-input.ts'
import { message } from './message.ts'

const echo = api({
  key: 77,
  name: 'Echo',
  about: 'Says the same again.',
  versions: [1, 3],
  flexibleSince: 3,
  request: message({ text: { type: 'string', about: 'What to say.' } }),
  response: message({ text: { type: 'string', about: 'What was said.' } }),
})

/** The frame without its size, which is checked. */
function frameOf(chunks: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.concat(chunks)
  assert.equal(bytes.readInt32BE(0), bytes.length - 4)
  return bytes.subarray(4)
}

test('requests carry key, version, correlation id and client id, and from the flexible version on tags', () => {
  for (const [version, hex] of [
    [1, '004d0001000000090002636c00026869'],
    [3, '004d0003000000090002636c00036869' + '00'],
  ] as const) {
    const frame = frameOf(encodeRequest(echo, { version, correlationId: 9, clientId: 'cl' }, { text: 'hi' }))
    assert.equal(frame.toString('hex'), hex)
    assert.deepEqual(readPreamble(frame), { apiKey: 77, version, correlationId: 9 })
    const body = { text: 'hi' }
    assert.deepEqual(decodeRequest(echo, frame), { version, correlationId: 9, clientId: 'cl', body })
  }
  const nameless = frameOf(encodeRequest(echo, { version: 3, correlationId: 9, clientId: null }, {}))
  assert.equal(decodeRequest(echo, nameless).clientId, null)
})

test('responses carry the correlation id, and from the flexible version on tags, but for an API that forbids it', () => {
  const plain = api({ ...echo, plainResponseHeader: true })
  for (const [declared, version, hex] of [
    [echo, 1, '0000000900026869'],
    [echo, 3, '00000009' + '00' + '036869' + '00'],
    [plain, 3, '00000009' + '036869' + '00'],
  ] as const) {
    const frame = frameOf(encodeResponse(declared, { version, correlationId: 9 }, { text: 'hi' }))
    assert.equal(frame.toString('hex'), hex)
    assert.deepEqual(decodeResponse(declared, version, frame), { correlationId: 9, body: { text: 'hi' } })
  }
})

test('tags in a request header are stepped over', () => {
  const frame = Buffer.from('004d0003000000090002636c' + '0105020000' + '036869' + '00', 'hex')
  assert.equal(decodeRequest(echo, frame).body.text, 'hi')
})

test('bytes behind a request are ignored, those behind a response are malformed', () => {
  const request = Buffer.from('004d0001000000090002636c00026869' + '000102', 'hex')
  assert.deepEqual(decodeRequest(echo, request), { version: 1, correlationId: 9, clientId: 'cl', body: { text: 'hi' } })
  assert.throws(() => decodeResponse(echo, 1, Buffer.from('0000000900026869' + '00', 'hex')), /1 bytes too many/)
})

test('another API, another version and missing bytes are malformed', () => {
  const good = '004d0001000000090002636c00026869'
  for (const bad of [
    '004e' + good.slice(4),
    good.slice(0, 4) + '0000' + good.slice(8),
    good.slice(0, 4) + '0004' + good.slice(8),
    good.slice(0, -2),
    good.slice(0, 10),
    '',
  ]) {
    assert.throws(() => decodeRequest(echo, Buffer.from(bad, 'hex')), MalformedInput, bad)
  }
  assert.throws(() => readPreamble(Buffer.alloc(7)), MalformedInput)
})
