import { type ArrayOf, type Field, hasField, isNullable, isTagged, type Message, type Primitive } from './field.ts'
import { defaultOf } from './field-default.ts'
import { MalformedInput } from './malformed-input.ts'
import type { Reader } from './reader.ts'

export type Decode = (reader: Reader) => unknown

/** Kafka's bound of any string, in bytes, also where a longer length could be written. */
const stringBytesMax = 0x7fff

/** Makes the closure that reads one version of a message. Made once and kept: see `message.ts`. */
export function compileDecoder(message: Message, version: number, flexible: boolean): Decode {
  const fields = Object.entries(message.fields)
  const present = fields.filter(([, field]) => hasField(field, version))
  const inOrder = present.filter(([, field]) => !(flexible && isTagged(field, version)))
  const names = inOrder.map(([name]) => name)
  const decodes = inOrder.map(([, field]) => fieldDecoder(field, version, flexible))
  const tagged = new Map<number, { name: string; decode: Decode }>()
  for (const [name, field] of present) {
    if (!flexible || !isTagged(field, version)) continue
    tagged.set(field.tagged?.tag ?? 0, { name, decode: fieldDecoder(field, version, flexible) })
  }
  // Copying an object that has all the fields gives every decoded message the same hidden class, in one go.
  const blank: Record<string, unknown> = Object.fromEntries(fields.map(([name, field]) => [name, defaultOf(field)]))
  const count = names.length

  return (reader) => {
    const value = { ...blank }
    let i = 0
    try {
      for (; i < count; i++) value[names[i] as string] = (decodes[i] as Decode)(reader)
    } catch (error) {
      throw error instanceof MalformedInput ? error.inside(names[i] as string) : error
    }
    if (flexible) readTagged(reader, tagged, value)
    return value
  }
}

function readTagged(
  reader: Reader,
  known: ReadonlyMap<number, { name: string; decode: Decode }>,
  value: Record<string, unknown>,
): void {
  for (let left = reader.unsignedVarint(); left > 0; left--) {
    const tag = reader.unsignedVarint()
    const size = reader.unsignedVarint()
    const end = reader.position + size
    if (size > reader.remaining) {
      throw new MalformedInput(`tag ${tag} of ${size} bytes, ${reader.remaining} left`, reader.position)
    }
    const field = known.get(tag)
    if (field === undefined) {
      reader.skip(size)
      continue
    }
    try {
      value[field.name] = field.decode(reader)
      if (reader.position !== end) throw new MalformedInput(`tag ${tag} is not of the ${size} bytes it says`, end)
    } catch (error) {
      throw error instanceof MalformedInput ? error.inside(field.name) : error
    }
  }
}

function fieldDecoder(field: Field, version: number, flexible: boolean): Decode {
  const { type } = field
  const nullable = isNullable(field, version)
  if (typeof type === 'string') return primitiveDecoder(type, flexible, nullable)
  if (type.kind === 'array') return arrayDecoder(type, version, flexible, nullable)
  const decode = compileDecoder(type, version, flexible)
  return nullable ? (reader) => (reader.int8() < 0 ? null : decode(reader)) : decode
}

function primitiveDecoder(type: Primitive, flexible: boolean, nullable: boolean): Decode {
  switch (type) {
    case 'string':
      return stringDecoder(flexible, nullable)
    case 'bytes':
    case 'records':
      return bytesDecoder(flexible, nullable)
    default:
      return fixedDecoders[type]
  }
}

const fixedDecoders = {
  bool: (reader) => reader.bool(),
  int8: (reader) => reader.int8(),
  int16: (reader) => reader.int16(),
  uint16: (reader) => reader.uint16(),
  int32: (reader) => reader.int32(),
  uint32: (reader) => reader.uint32(),
  int64: (reader) => reader.int64(),
  bigint64: (reader) => reader.bigint64(),
  float64: (reader) => reader.float64(),
  uuid: (reader) => reader.uuid(),
} as const satisfies Record<Exclude<Primitive, 'string' | 'bytes' | 'records'>, Decode>

function stringDecoder(flexible: boolean, nullable: boolean): Decode {
  return (reader) => {
    const length = flexible ? reader.unsignedVarint() - 1 : reader.int16()
    if (length < 0) return nullOr(nullable, reader)
    if (length > stringBytesMax) throw new MalformedInput(`a string of ${length} bytes`, reader.position)
    return reader.string(length)
  }
}

function bytesDecoder(flexible: boolean, nullable: boolean): Decode {
  return (reader) => {
    const length = flexible ? reader.unsignedVarint() - 1 : reader.int32()
    return length < 0 ? nullOr(nullable, reader) : reader.bytes(length)
  }
}

function arrayDecoder({ of }: ArrayOf, version: number, flexible: boolean, nullable: boolean): Decode {
  const decode = typeof of === 'string' ? primitiveDecoder(of, flexible, false) : compileDecoder(of, version, flexible)
  const bytesMin = Math.max(
    1,
    typeof of === 'string' ? primitiveBytesMin(of, flexible) : bytesMinOf(of, version, flexible),
  )
  const nested = typeof of !== 'string'
  return (reader) => {
    const count = flexible ? reader.unsignedVarint() - 1 : reader.int32()
    if (count < 0) return nullOr(nullable, reader)
    if (count * bytesMin > reader.remaining) {
      throw new MalformedInput(`${count} elements, ${reader.remaining} bytes left`, reader.position)
    }
    if (nested) reader.countNestedMessages(count)
    if (count === 0) return []
    const elements: unknown[] = []
    try {
      // Most are of one, and room for more would be most of what they take.
      if (count === 1) return [decode(reader)]
      while (elements.length < count) elements.push(decode(reader))
    } catch (error) {
      throw error instanceof MalformedInput ? error.inside(`[${elements.length}]`) : error
    }
    // A copy has no room for more: what is decoded may be kept, by the thousands.
    return elements.slice()
  }
}

function nullOr(nullable: boolean, reader: Reader): null {
  if (!nullable) throw new MalformedInput('null, which the version does not allow', reader.position)
  return null
}

const fixedBytes: { readonly [P in Primitive]?: number } = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  bigint64: 8,
  float64: 8,
  uuid: 16,
}

function primitiveBytesMin(type: Primitive, flexible: boolean): number {
  return fixedBytes[type] ?? (flexible ? 1 : type === 'string' ? 2 : 4)
}

/** The fewest bytes that a message takes: a count of elements is checked against it before anything is allocated. */
function bytesMinOf(message: Message, version: number, flexible: boolean): number {
  let bytes = flexible ? 1 : 0
  for (const field of Object.values(message.fields)) {
    if (!hasField(field, version) || (flexible && isTagged(field, version))) continue
    const { type } = field
    if (typeof type === 'string') bytes += primitiveBytesMin(type, flexible)
    else if (type.kind === 'array') bytes += flexible ? 1 : 4
    else bytes += isNullable(field, version) ? 1 : bytesMinOf(type, version, flexible)
  }
  return bytes
}
