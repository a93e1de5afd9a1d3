import { compileDecoder, type Decode } from './decoder.ts'
import { compileEncoder, type Encode } from './encoder.ts'
import type { ArrayOf, Field, Fields, Message, Primitive, PrimitiveValues } from './field.ts'
import { MalformedInput } from './malformed-input.ts'
import { Reader } from './reader.ts'
import { joined, Writer } from './writer.ts'

/** What decoding gives: every field is there, those that the version lacks with their default. */
export type MessageOf<M> =
  M extends Message<infer F> ? { readonly [K in keyof F]: Decoded<F[K]['type']> | NullOf<F[K]> } : never

/** What encoding takes. As in Kafka every field has a default, so any may be left out. */
export type InputOf<M> =
  M extends Message<infer F> ? { readonly [K in keyof F]?: Encodable<F[K]['type']> | NullOf<F[K]> | undefined } : never

type NullOf<F extends Field> = F extends { readonly nullableSince: number } ? null : never

type Decoded<T> = T extends Primitive
  ? PrimitiveValues[T]
  : T extends ArrayOf<infer E>
    ? readonly Decoded<E>[]
    : MessageOf<T>

type Encodable<T> = T extends 'records'
  ? Uint8Array | readonly Uint8Array[]
  : T extends Primitive
    ? PrimitiveValues[T]
    : T extends ArrayOf<infer E>
      ? readonly Encodable<E>[]
      : InputOf<T>

/** Declares a message, field by field in the order of the wire. */
export function message<const F extends Fields>(
  fields: F,
  options: { flexibleSince?: number; versions?: readonly [min: number, max: number] } = {},
): Message<F> {
  return {
    kind: 'message',
    fields,
    flexibleSince: options.flexibleSince ?? Number.POSITIVE_INFINITY,
    versions: options.versions ?? [0, 0],
  }
}

/** The type of a field that holds any number of values. */
export function array<const T extends Primitive | Message>(of: T): ArrayOf<T> {
  return { kind: 'array', of }
}

export function encode<M extends Message>(declared: M, value: InputOf<M>, version: number): Uint8Array {
  const writer = new Writer()
  encodeInto(writer, declared, value, version)
  return joined(writer.finish())
}

/** As `encode`, behind what the writer holds already. `flexible` is given where another declaration decides on it. */
export function encodeInto<M extends Message>(
  writer: Writer,
  declared: M,
  value: InputOf<M>,
  version: number,
  flexible: boolean = version >= declared.flexibleSince,
): void {
  codecOf(declared, version, flexible).encode(writer, value)
}

/** Throws MalformedInput on anything that is not this message in this version. What follows it stays unread. */
export function decode<M extends Message>(
  declared: M,
  reader: Reader,
  version: number,
  flexible: boolean = version >= declared.flexibleSince,
): MessageOf<M> {
  return codecOf(declared, version, flexible).decode(reader) as MessageOf<M>
}

/** The message with its version in front, as in the keys and values of Kafka's internal topics. */
export function encodeVersioned<M extends Message>(declared: M, value: InputOf<M>, version: number): Uint8Array {
  const writer = new Writer()
  writer.int16(version)
  encodeInto(writer, declared, value, version)
  return joined(writer.finish())
}

/** Reads what `encodeVersioned` writes. A version outside of the declared ones is MalformedInput, as are bytes behind it. */
export function decodeVersioned<M extends Message>(
  declared: M,
  bytes: Uint8Array,
): { readonly version: number; readonly value: MessageOf<M> } {
  const reader = new Reader(bytes)
  const version = reader.int16()
  const [min, max] = declared.versions
  if (version < min || version > max) throw new MalformedInput(`version ${version}, known are ${min} to ${max}`, 0)
  const value = decode(declared, reader, version)
  if (reader.remaining > 0) throw new MalformedInput(`${reader.remaining} bytes too many`, reader.position)
  return { version, value }
}

interface Codec {
  readonly encode: Encode
  readonly decode: Decode
}

const codecs = new WeakMap<Message, Map<number, Codec>>()

function codecOf(declared: Message, version: number, flexible: boolean): Codec {
  const key = version * 2 + (flexible ? 1 : 0)
  const codec = codecs.get(declared)?.get(key)
  return codec ?? compile(declared, version, flexible, key)
}

function compile(declared: Message, version: number, flexible: boolean, key: number): Codec {
  const codec = {
    encode: compileEncoder(declared, version, flexible),
    decode: compileDecoder(declared, version, flexible),
  }
  const versions = codecs.get(declared) ?? new Map<number, Codec>()
  codecs.set(declared, versions.set(key, codec))
  return codec
}
