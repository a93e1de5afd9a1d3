import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Api, decodeRequest, decodeResponse } from '../../codec/api.ts'
import { MalformedInput } from '../../codec/malformed-input.ts'
import { decode } from '../../codec/message.ts'
import { Reader } from '../../codec/reader.ts'
import { ownApis } from './own/own-apis.ts'
import { apis } from './registry.ts'

const someApi = fc
  .constantFrom(...apis, ...ownApis)
  .chain((api) => fc.integer({ min: api.versions[0], max: api.versions[1] }).map((version) => ({ api, version })))

test('random bytes are decoded or malformed, nothing else', () => {
  fc.assert(
    fc.property(someApi, fc.uint8Array({ maxLength: 400 }), ({ api, version }, bytes) => {
      for (const side of [api.request, api.response]) {
        onlyMalformed(() => decode(side, new Reader(bytes), version, version >= api.flexibleSince))
      }
      onlyMalformed(() => decodeResponse(api, version, bytes))
      onlyMalformed(() => decodeRequest(api, headed(api, version, bytes)))
    }),
    { numRuns: 4000 },
  )
})

test('real messages with some bytes changed, cut or put in are decoded or malformed, nothing else', () => {
  const change = fc.record({
    at: fc.nat(),
    // The ends of counts and sizes are where decoders go wrong.
    by: fc.constantFrom(
      '',
      '00',
      'ff',
      '7f',
      '80',
      '7fffffff',
      'ffffffff',
      '80000000',
      'ffffffff0f',
      'ffffffff7f',
      '8001',
    ),
    drop: fc.integer({ min: 0, max: 6 }),
  })
  fc.assert(
    fc.property(fc.constantFrom(...frames()), fc.array(change, { maxLength: 3 }), (frame, changes) => {
      let bytes = Buffer.from(frame.hex, 'hex')
      for (const { at, by, drop } of changes) {
        const from = bytes.length === 0 ? 0 : at % bytes.length
        bytes = Buffer.concat([bytes.subarray(0, from), Buffer.from(by, 'hex'), bytes.subarray(from + drop)])
      }
      const reader = new Reader(bytes)
      onlyMalformed(() => decode(frame.message, reader, frame.version, frame.flexible))
      assert.ok(reader.position <= bytes.length)
    }),
    { numRuns: 20_000 },
  )
})

test('what can be decoded has no more parts than bytes', () => {
  fc.assert(
    fc.property(someApi, fc.uint8Array({ maxLength: 2000, minLength: 1000 }), ({ api, version }, bytes) => {
      // Small numbers make counts that can be true.
      const small = bytes.map((byte) => byte % 5)
      for (const side of [api.request, api.response]) {
        onlyMalformed(() => {
          const value = decode(side, new Reader(small), version, version >= api.flexibleSince)
          assert.ok(elementsIn(value) <= small.length)
        })
      }
    }),
    { numRuns: 1000 },
  )
})

function onlyMalformed(decodes: () => void): void {
  try {
    decodes()
  } catch (error) {
    if (!(error instanceof MalformedInput)) throw error
  }
}

function headed(api: Api, version: number, body: Uint8Array): Buffer {
  const header = Buffer.alloc(version >= api.flexibleSince ? 11 : 10)
  header.writeInt16BE(api.key, 0)
  header.writeInt16BE(version, 2)
  return Buffer.concat([header, body])
}

function elementsIn(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, element) => sum + 1 + elementsIn(element), 0)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 0
  return Object.values(value).reduce((sum: number, field) => sum + elementsIn(field), 0)
}

function frames() {
  const path = 'src/kafka/schema/second-source/fixtures/frames.jsonl'
  let folder = import.meta.dirname
  while (!existsSync(join(folder, path))) folder = dirname(folder)
  const lines = readFileSync(join(folder, path), 'utf8').trim().split('\n')
  return lines.slice(1).map((line) => {
    const frame = JSON.parse(line) as { api: string; side: 'request' | 'response'; version: number; hex: string }
    const api = apis.find(({ name }) => name === frame.api) as Api
    return { ...frame, message: api[frame.side], flexible: frame.version >= api.flexibleSince }
  })
}
