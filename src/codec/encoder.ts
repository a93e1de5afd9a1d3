import { type ArrayOf, type Field, hasField, isNullable, isTagged, type Message, type Primitive } from './field.ts'
import { defaultOf, isDefault } from './field-default.ts'
import { UnencodableValue } from './unencodable-value.ts'
import { Writer } from './writer.ts'

// The value was checked against its declared type by the compiler; closures for all types share this signature.
// biome-ignore lint/suspicious/noExplicitAny: see above.
export type Encode = (writer: Writer, value: any) => void

/** Kafka's bound of any string, in bytes, also where a longer length could be written. */
const stringBytesMax = 0x7fff

interface NamedEncode {
  readonly name: string
  readonly fallback: unknown
  readonly encode: Encode
}

/** Makes the closure that writes one version of a message. Made once and kept: see `message.ts`. */
export function compileEncoder(message: Message, version: number, flexible: boolean): Encode {
  const inOrder: NamedEncode[] = []
  const tagged: (NamedEncode & { tag: number; field: Field })[] = []
  const unsendable: { name: string; field: Field }[] = []
  for (const [name, field] of Object.entries(message.fields)) {
    if (!hasField(field, version)) {
      if (field.ignorable !== true) unsendable.push({ name, field })
      continue
    }
    const entry = { name, fallback: defaultOf(field), encode: fieldEncoder(field, version, flexible) }
    if (flexible && isTagged(field, version)) tagged.push({ ...entry, tag: field.tagged?.tag ?? 0, field })
    else inOrder.push(entry)
  }
  tagged.sort((a, b) => a.tag - b.tag)

  return (writer, value) => {
    for (const { name, field } of unsendable) {
      if (isDefault(field, value[name])) continue
      throw new UnencodableValue(`version ${version} cannot carry ${String(value[name])}`).inside(name)
    }
    for (const entry of inOrder) encodeEntry(writer, entry, value)
    if (!flexible) return
    if (tagged.length === 0) writer.unsignedVarint(0)
    else writeTagged(writer, tagged, value)
  }
}

function encodeEntry(writer: Writer, { name, fallback, encode }: NamedEncode, value: Record<string, unknown>): void {
  try {
    const given = value[name]
    encode(writer, given === undefined ? fallback : given)
  } catch (error) {
    throw error instanceof UnencodableValue ? error.inside(name) : error
  }
}

function writeTagged(
  writer: Writer,
  tagged: readonly (NamedEncode & { tag: number; field: Field })[],
  value: Record<string, unknown>,
): void {
  const sent = tagged.filter(({ name, field }) => !isDefault(field, value[name]))
  writer.unsignedVarint(sent.length)
  for (const entry of sent) {
    const content = new Writer()
    encodeEntry(content, entry, value)
    writer.unsignedVarint(entry.tag)
    writer.unsignedVarint(content.size)
    for (const chunk of content.finish()) writer.bytes(chunk)
  }
}

function fieldEncoder(field: Field, version: number, flexible: boolean): Encode {
  const { type } = field
  const nullable = isNullable(field, version)
  if (typeof type === 'string') return primitiveEncoder(type, flexible, nullable)
  if (type.kind === 'array') return arrayEncoder(type, version, flexible, nullable)
  const encode = compileEncoder(type, version, flexible)
  if (!nullable) return (writer, value) => encode(writer, value ?? refuseNull())
  return (writer, value) => {
    writer.int8(value === null ? -1 : 1)
    if (value !== null) encode(writer, value)
  }
}

function primitiveEncoder(type: Primitive, flexible: boolean, nullable: boolean): Encode {
  switch (type) {
    case 'string':
      return stringEncoder(flexible, nullable)
    case 'bytes':
      return bytesEncoder(flexible, nullable)
    case 'records':
      return recordsEncoder(flexible, nullable)
    default:
      return fixedEncoders[type]
  }
}

const fixedEncoders = {
  bool: (writer, value) => writer.bool(value),
  int8: (writer, value) => writer.int8(value),
  int16: (writer, value) => writer.int16(value),
  uint16: (writer, value) => writer.uint16(value),
  int32: (writer, value) => writer.int32(value),
  uint32: (writer, value) => writer.uint32(value),
  int64: (writer, value) => writer.int64(value),
  bigint64: (writer, value) => writer.bigint64(value),
  float64: (writer, value) => writer.float64(value),
  uuid: (writer, value) => writer.uuid(value),
} as const satisfies Record<Exclude<Primitive, 'string' | 'bytes' | 'records'>, Encode>

function stringEncoder(flexible: boolean, nullable: boolean): Encode {
  return (writer, value: string | null) => {
    if (value === null) return flexible ? writeNull(writer, nullable) : writer.int16(nullable ? -1 : refuseNull())
    const length = Buffer.byteLength(value)
    if (length > stringBytesMax) throw new UnencodableValue(`a string of ${length} bytes`)
    if (flexible) writer.unsignedVarint(length + 1)
    else writer.int16(length)
    writer.string(value, length)
  }
}

function bytesEncoder(flexible: boolean, nullable: boolean): Encode {
  return (writer, value: Uint8Array | null) => {
    if (!writeSize(writer, value === null ? null : value.length, flexible, nullable)) return
    writer.bytes(value as Uint8Array)
  }
}

function recordsEncoder(flexible: boolean, nullable: boolean): Encode {
  return (writer, value: Uint8Array | readonly Uint8Array[] | null) => {
    if (value === null || value instanceof Uint8Array) {
      if (writeSize(writer, value === null ? null : value.length, flexible, nullable)) writer.bytes(value as Uint8Array)
      return
    }
    let size = 0
    for (const piece of value) size += piece.length
    writeSize(writer, size, flexible, nullable)
    for (const piece of value) writer.bytes(piece)
  }
}

function arrayEncoder({ of }: ArrayOf, version: number, flexible: boolean, nullable: boolean): Encode {
  const encode = typeof of === 'string' ? primitiveEncoder(of, flexible, false) : compileEncoder(of, version, flexible)
  return (writer, value: readonly unknown[] | null) => {
    if (!writeSize(writer, value === null ? null : value.length, flexible, nullable)) return
    const elements = value as readonly unknown[]
    let i = 0
    try {
      for (; i < elements.length; i++) encode(writer, elements[i])
    } catch (error) {
      throw error instanceof UnencodableValue ? error.inside(`[${i}]`) : error
    }
  }
}

/** Writes the count of bytes or elements; whether any value follows. */
function writeSize(writer: Writer, size: number | null, flexible: boolean, nullable: boolean): boolean {
  if (size === null) {
    if (flexible) writeNull(writer, nullable)
    else writer.int32(nullable ? -1 : refuseNull())
    return false
  }
  if (flexible) writer.unsignedVarint(size + 1)
  else writer.int32(size)
  return true
}

function writeNull(writer: Writer, nullable: boolean): void {
  writer.unsignedVarint(nullable ? 0 : refuseNull())
}

function refuseNull(): never {
  throw new UnencodableValue('null, which the version does not allow')
}
