import { MalformedInput } from '../../codec/malformed-input.ts'
import type { Offset } from '../../record/offset.ts'
import { type Operation, operations } from '../controller/operations.ts'

const version = 1

/** An operation on its way to the broker that decides. */
export interface AskedOperation {
  readonly operation: Operation
  readonly request: unknown
}

/** What was decided, and the offset of the metadata log up to which it has to be in effect. */
export interface DecidedOperation {
  readonly answer: unknown
  readonly upTo: Offset
}

export function encodeAsked({ operation, request }: AskedOperation): Uint8Array {
  return bytesOf({ version, operation, request })
}

/** Throws `MalformedInput` on what is none, or is of another release. */
export function decodeAsked(bytes: Uint8Array): AskedOperation {
  const { operation, request } = valueOf(bytes) as { operation: string; request: unknown }
  if (!Object.hasOwn(operations, operation)) throw new MalformedInput(`there is no operation '${operation}'`, 0)
  return { operation: operation as Operation, request }
}

export function encodeDecided({ answer, upTo }: DecidedOperation): Uint8Array {
  return bytesOf({ version, answer, upTo })
}

export function decodeDecided(bytes: Uint8Array): DecidedOperation {
  const { answer, upTo } = valueOf(bytes) as { answer?: unknown; upTo: Offset }
  return { answer, upTo }
}

const bytesOf = (value: object): Uint8Array => Buffer.from(JSON.stringify(value, withMaps), 'utf8')

function valueOf(bytes: Uint8Array): object {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'), toMaps)
  } catch (error) {
    throw new MalformedInput(`an operation that cannot be read: ${String(error)}`, 0)
  }
  if (typeof value !== 'object' || value === null || !('version' in value) || value.version !== version) {
    throw new MalformedInput('an operation of another release', 0)
  }
  return value
}

function withMaps(_key: string, value: unknown): unknown {
  return value instanceof Map ? { $map: [...value] } : value
}

function toMaps(_key: string, value: unknown): unknown {
  const isMap = typeof value === 'object' && value !== null && '$map' in value && Array.isArray(value.$map)
  return isMap ? new Map(value.$map as [unknown, unknown][]) : value
}
