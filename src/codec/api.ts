import type { Message } from './field.ts'
import { MalformedInput } from './malformed-input.ts'
import { decode, encodeInto, type InputOf, type MessageOf } from './message.ts'
import { Reader } from './reader.ts'
import { joined, Writer } from './writer.ts'

/** One call of Kafka's protocol: what is asked, what is answered, and in which versions. */
export interface Api<Q extends Message = Message, R extends Message = Message> {
  /** The number that requests carry. */
  readonly key: number
  readonly name: string
  /** What it is for, and what its versions changed, in a sentence or two. */
  readonly about: string
  /** First and last version that is served. */
  readonly versions: readonly [min: number, max: number]
  /** First version that ApiVersions tells; lower than what is served where clients draw conclusions from it. */
  readonly advertisedMin: number
  /** First version in flexible form (KIP-482). Infinity: none is. */
  readonly flexibleSince: number
  /** Responses carry no tagged fields in their header in any version, so that a client of any age can read them. */
  readonly plainResponseHeader: boolean
  readonly request: Q
  readonly response: R
}

export type RequestOf<A extends Api> = MessageOf<A['request']>
export type RequestInputOf<A extends Api> = InputOf<A['request']>
export type ResponseOf<A extends Api> = MessageOf<A['response']>
export type ResponseInputOf<A extends Api> = InputOf<A['response']>

/** Declares an API. `flexibleSince` is left out if no version is flexible. */
export function api<const Q extends Message, const R extends Message>(declared: {
  key: number
  name: string
  about: string
  versions: readonly [min: number, max: number]
  advertisedMin?: number
  flexibleSince?: number
  plainResponseHeader?: boolean
  request: Q
  response: R
}): Api<Q, R> {
  return {
    advertisedMin: declared.versions[0],
    flexibleSince: Number.POSITIVE_INFINITY,
    plainResponseHeader: false,
    ...declared,
  }
}

/** What every request begins with, whatever its API and version: enough to tell whether the rest can be read. */
export interface RequestPreamble {
  readonly apiKey: number
  readonly version: number
  /** Given back in the response. */
  readonly correlationId: number
}

/** Reads the start of a request frame (without its size in front). Throws MalformedInput if it is too short. */
export function readPreamble(frame: Uint8Array): RequestPreamble {
  const reader = new Reader(frame)
  return { apiKey: reader.int16(), version: reader.int16(), correlationId: reader.int32() }
}

export interface DecodedRequest<A extends Api = Api> {
  readonly version: number
  readonly correlationId: number
  /** What the client calls itself. */
  readonly clientId: string | null
  readonly body: RequestOf<A>
}

/**
 * Reads a whole request frame (without its size in front). Throws MalformedInput for another API, a version that is not
 * served, or bytes that are not the message. Bytes behind the message are ignored, as Kafka does: librdkafka 2.16 has three of
 * them behind its question for every topic. `bytes` and `records` in the body are views on the frame.
 */
export function decodeRequest<A extends Api>(declared: A, frame: Uint8Array): DecodedRequest<A> {
  const reader = new Reader(frame)
  const apiKey = reader.int16()
  const version = reader.int16()
  const correlationId = reader.int32()
  if (apiKey !== declared.key) throw new MalformedInput(`API ${apiKey} instead of ${declared.key}`, 0)
  if (version < declared.versions[0] || version > declared.versions[1]) {
    throw new MalformedInput(`${declared.name} version ${version}`, 2)
  }
  // The client id keeps its old form also in flexible headers, so that brokers of any age can read it.
  const clientIdBytes = reader.int16()
  const clientId = clientIdBytes < 0 ? null : reader.string(clientIdBytes)
  const flexible = version >= declared.flexibleSince
  if (flexible) skipTagged(reader)
  const body = decode(declared.request, reader, version, flexible) as RequestOf<A>
  return { version, correlationId, clientId, body }
}

/** A whole request, with its size in front, as chunks for one vectored write. */
export function encodeRequest<A extends Api>(
  declared: A,
  header: { version: number; correlationId: number; clientId: string | null },
  body: RequestInputOf<A>,
): Uint8Array[] {
  const { version, correlationId, clientId } = header
  const writer = new Writer()
  writer.int32(0)
  writer.int16(declared.key)
  writer.int16(version)
  writer.int32(correlationId)
  const clientIdBytes = clientId === null ? -1 : Buffer.byteLength(clientId)
  writer.int16(clientIdBytes)
  if (clientId !== null) writer.string(clientId, clientIdBytes)
  const flexible = version >= declared.flexibleSince
  if (flexible) writer.unsignedVarint(0)
  encodeInto(writer, declared.request, body, version, flexible)
  return framed(writer)
}

/**
 * A whole response, with its size in front, as chunks for one vectored write. Large `records` and `bytes` are not copied:
 * they must not change until the write is done.
 */
export function encodeResponse<A extends Api>(
  declared: A,
  header: { version: number; correlationId: number },
  body: ResponseInputOf<A>,
): Uint8Array[] {
  const { version, correlationId } = header
  const writer = new Writer()
  writer.int32(0)
  writer.int32(correlationId)
  const flexible = version >= declared.flexibleSince
  if (flexible && !declared.plainResponseHeader) writer.unsignedVarint(0)
  encodeInto(writer, declared.response, body, version, flexible)
  return framed(writer)
}

/** Reads a whole response frame (without its size in front), whose version is that of the request it answers. */
export function decodeResponse<A extends Api>(
  declared: A,
  version: number,
  frame: Uint8Array,
): { readonly correlationId: number; readonly body: ResponseOf<A> } {
  const reader = new Reader(frame)
  const correlationId = reader.int32()
  const flexible = version >= declared.flexibleSince
  if (flexible && !declared.plainResponseHeader) skipTagged(reader)
  const body = decode(declared.response, reader, version, flexible) as ResponseOf<A>
  if (reader.remaining > 0) throw new MalformedInput(`${reader.remaining} bytes too many`, reader.position)
  return { correlationId, body }
}

/** Puts the size over the four bytes that were written first, now that it is known. */
function framed(writer: Writer): Uint8Array[] {
  const size = new Writer()
  size.int32(writer.size - 4)
  const chunks = writer.finish()
  chunks[0]?.set(joined(size.finish()))
  return chunks
}

function skipTagged(reader: Reader): void {
  for (let left = reader.unsignedVarint(); left > 0; left--) {
    reader.unsignedVarint()
    reader.skip(reader.unsignedVarint())
  }
}
