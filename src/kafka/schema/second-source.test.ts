import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import type { Api } from '../../codec/api.ts'
import { type Field, hasField, isNullable, isTagged, type Message, type Primitive } from '../../codec/field.ts'
import { defaultOf } from '../../codec/field-default.ts'
import { decode, encode, encodeInto } from '../../codec/message.ts'
import { Reader } from '../../codec/reader.ts'
import { Writer } from '../../codec/writer.ts'
import { kafkaErrors } from '../errors.ts'
import { apis } from './registry.ts'

interface Side {
  /** The fields in one line, for the first version that has them like this. */
  from: Record<string, string>
  defaults: Record<string, string>
  /** Whether a value is dropped where the version lacks its field; it is refused else. */
  dropped: Record<string, boolean>
}

interface Schemas {
  apis: Record<
    string,
    { key: number; versions: [number, number]; headers: [number, number][]; request: Side; response: Side }
  >
  errors: Record<string, [code: number, retriable: boolean]>
}

interface Frame {
  api: string
  side: 'request' | 'response'
  version: number
  value: Record<string, unknown>
  hex: string
}

const schemas = JSON.parse(fixture('schemas.json')) as Schemas
const frames = fixture('frames.jsonl')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => JSON.parse(line) as Frame)
const sides = ['request', 'response'] as const

test('every API that is declared was compared, with its key, its versions and its header', () => {
  assert.deepEqual(apis.map((api) => api.name).sort(), Object.keys(schemas.apis).sort())
  for (const api of apis) {
    const theirs = schemas.apis[api.name]
    assert.ok(theirs)
    assert.equal(api.key, theirs.key, api.name)
    assert.deepEqual(api.versions, theirs.versions, api.name)
    assert.deepEqual(
      versionsOf(api).map((version) => headersOf(api, version)),
      theirs.headers,
      api.name,
    )
  }
})

for (const api of apis) {
  for (const side of sides) {
    test(`the ${side} of ${api.name} has the fields of the Java client's, in every version`, () => {
      const theirs = schemas.apis[api.name]?.[side] as Side
      let expected: string | undefined
      for (const version of versionsOf(api)) {
        expected = theirs.from[version] ?? expected
        assert.equal(textOf(api[side], version, version >= api.flexibleSince), expected, `version ${version}`)
      }
    })

    test(`the ${side} of ${api.name} has the defaults of the Java client's, and drops what it drops`, () => {
      const theirs = schemas.apis[api.name]?.[side] as Side
      const dropped: Record<string, boolean> = {}
      for (const { path, field, lacking } of fieldsOf(api[side], api.versions)) {
        assert.equal(defaultText(field), theirs.defaults[path], path)
        if (lacking) dropped[path] = field.ignorable ?? false
      }
      const declared = Object.entries(theirs.dropped).filter(([path]) => !isBeyond(api[side], path))
      assert.deepEqual(dropped, Object.fromEntries(declared))
    })

    test(`the ${side} of ${api.name} is read from and written to the Java client's very bytes`, () => {
      let compared = 0
      for (const frame of frames) {
        if (frame.api !== api.name || frame.side !== side) continue
        const bytes = Buffer.from(frame.hex, 'hex')
        const flexible = frame.version >= api.flexibleSince
        const reader = new Reader(bytes)
        const value = decode(api[side], reader, frame.version, flexible)
        assert.equal(reader.remaining, 0)
        assertHolds(value, frame.value, `${api.name} ${frame.version}`)
        assert.equal(encoded(api[side], value, frame.version, flexible), frame.hex)
        compared++
      }
      assert.equal(compared, versionsOf(api).length * 2)
    })
  }
}

test('the errors are those of the Java client', () => {
  const ours = Object.entries(kafkaErrors).map(([name, error]) => [name, [error.code, error.retriable]])
  assert.deepEqual(Object.fromEntries(ours), schemas.errors)
})

function fixture(name: string): string {
  const path = join('src/kafka/schema/second-source/fixtures', name)
  let folder = import.meta.dirname
  while (!existsSync(join(folder, path))) folder = dirname(folder)
  return readFileSync(join(folder, path), 'utf8')
}

function versionsOf(api: Api): number[] {
  const [min, max] = api.versions
  return Array.from({ length: max - min + 1 }, (_, i) => min + i)
}

function headersOf(api: Api, version: number): [number, number] {
  const flexible = version >= api.flexibleSince
  return [flexible ? 2 : 1, flexible && !api.plainResponseHeader ? 1 : 0]
}

/** The message in the words of the fixture. */
function textOf(message: Message, version: number, flexible: boolean): string {
  const present = Object.entries(message.fields).filter(([, field]) => hasField(field, version))
  const inOrder = present.filter(([, field]) => !(flexible && isTagged(field, version)))
  const texts = inOrder.map(([name, field]) => `${name} ${typeText(field, version, flexible)}`)
  if (flexible) {
    const tagged = present
      .filter(([, field]) => isTagged(field, version))
      .map(([name, field]) => `${field.tagged?.tag} ${name} ${typeText(field, version, flexible)}`)
    texts.push(`tags{${tagged.join(', ')}}`)
  }
  return texts.join(', ')
}

function typeText(field: Field, version: number, flexible: boolean): string {
  const nullable = isNullable(field, version) ? '?' : ''
  const inner = (type: Primitive | Message): string =>
    typeof type === 'string' ? primitiveText(type, flexible) : `{${textOf(type, version, flexible)}}`
  if (typeof field.type === 'string' || field.type.kind === 'message') return inner(field.type) + nullable
  return inner(field.type.of) + (flexible ? '[c]' : '[]') + nullable
}

function primitiveText(type: Primitive, flexible: boolean): string {
  switch (type) {
    case 'bool':
      return 'boolean'
    case 'bigint64':
      return 'int64'
    case 'string':
    case 'bytes':
    case 'records':
      return flexible ? `compact_${type}` : type
    default:
      return type
  }
}

interface Found {
  path: string
  field: Field
  /** Whether a served version has what the field is in, but not the field. */
  lacking: boolean
}

function fieldsOf(message: Message, [min, max]: readonly [number, number], prefix = ''): Found[] {
  return Object.entries(message.fields).flatMap(([name, field]) => {
    const path = prefix + name
    const since = Math.max(min, field.since ?? 0)
    const until = Math.min(max, field.until ?? max)
    const found: Found = { path, field, lacking: since > min || until < max }
    const inner = innerOf(field)
    return inner === null ? [found] : [found, ...fieldsOf(inner, [since, until], `${path}.`)]
  })
}

function innerOf({ type }: Field): Message | null {
  if (typeof type === 'string') return null
  if (type.kind === 'message') return type
  return typeof type.of === 'string' ? null : type.of
}

/** Whether the Java client has the field for a later version than we serve only. */
function isBeyond(message: Message, path: string): boolean {
  const [name, ...rest] = path.split('.') as [string, ...string[]]
  const field = message.fields[name]
  if (field === undefined) return true
  const inner = innerOf(field)
  return rest.length > 0 && inner !== null && isBeyond(inner, rest.join('.'))
}

function defaultText(field: Field): string {
  const value = defaultOf(field)
  if (Array.isArray(value)) return '[]'
  if (value instanceof Uint8Array) return `bytes ${value.length}`
  return typeof value === 'object' && value !== null ? '{}' : String(value)
}

/** That everything is there that was put in, in the form of the fixture. */
function assertHolds(actual: unknown, expected: unknown, path: string): void {
  if (Array.isArray(expected)) {
    assert.ok(Array.isArray(actual), path)
    assert.equal(actual.length, expected.length, path)
    for (const [i, element] of expected.entries()) assertHolds(actual[i], element, `${path}[${i}]`)
  } else if (typeof expected === 'object' && expected !== null) {
    for (const [name, value] of Object.entries(expected)) {
      assertHolds((actual as Record<string, unknown>)[name], value, `${path}.${name}`)
    }
  } else if (actual instanceof Uint8Array) {
    assert.equal(Buffer.from(actual).toString('base64'), expected, path)
  } else {
    assert.equal(typeof actual === 'bigint' ? Number(actual) : actual, expected, path)
  }
}

function encoded(message: Message, value: object, version: number, flexible: boolean): string {
  const writer = new Writer()
  encodeInto(writer, message, value as Parameters<typeof encode>[1], version, flexible)
  return Buffer.concat(writer.finish()).toString('hex')
}
