import { MalformedInput } from '../codec/malformed-input.ts'

/** Raised when another release would read a question or an answer differently. */
const version = 1

/** The body of a question or an answer: JSON that names its version; maps become `{ $map: entries }`. */
export function encodeAskBody(value: object): Uint8Array {
  return Buffer.from(JSON.stringify({ version, ...value }, withMaps), 'utf8')
}

/** Throws `MalformedInput` on what is none, or is of another release. What it holds is for the caller to know. */
export function decodeAskBody(bytes: Uint8Array): object {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'), toMaps)
  } catch (error) {
    throw new MalformedInput(`a body that cannot be read: ${String(error)}`, 0)
  }
  if (typeof value !== 'object' || value === null || !('version' in value) || value.version !== version) {
    throw new MalformedInput('a body of another release', 0)
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
