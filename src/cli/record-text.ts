import { isUtf8 } from 'node:buffer'
import type { ConsumedRecord } from '../client/consumed-record.ts'
import type { ProducerRecord } from '../client/producer.ts'
import { CommandFailed } from './command-failed.ts'

/** Bytes as JSON: a string where they are UTF-8, else `{ base64 }`. */
export type JsonBytes = string | { readonly base64: string } | null

export function jsonBytes(bytes: Uint8Array | null): JsonBytes {
  if (bytes === null) return null
  return isUtf8(bytes) ? Buffer.from(bytes).toString('utf8') : { base64: Buffer.from(bytes).toString('base64') }
}

/** A record as `consume --json` prints it and `produce --format json` takes it. */
export function jsonRecord(record: ConsumedRecord): object {
  return {
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    timestamp: record.timestamp,
    key: jsonBytes(record.key),
    value: jsonBytes(record.value),
    headers: record.headers.map(({ key, value }) => ({ key, value: jsonBytes(value) })),
  }
}

/** Bytes for a person's eyes: what is no UTF-8 as hexadecimal. */
export function shownBytes(bytes: Uint8Array | null): string {
  if (bytes === null) return '(none)'
  return isUtf8(bytes) ? Buffer.from(bytes).toString('utf8') : `0x${Buffer.from(bytes).toString('hex')}`
}

/** Reads one line of `--format json`. Partition and offset of where it was consumed are left out, but for `partition`. */
export function recordFromJson(line: Buffer, number: number): Omit<ProducerRecord, 'topic'> {
  const wrong = (what: string) => new CommandFailed(`Line ${number} of the input ${what}.`)
  let parsed: unknown
  try {
    parsed = JSON.parse(line.toString('utf8'))
  } catch {
    throw wrong('is no JSON')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw wrong('is no JSON object')
  const { key = null, value = null, headers = [], partition, timestamp } = parsed as Record<string, unknown>
  if (!Array.isArray(headers)) throw wrong('has headers that are no list')
  return {
    key: bytesIn(key, wrong),
    value: bytesIn(value, wrong),
    headers: headers.map((header: { key?: unknown; value?: unknown } | null) => {
      if (typeof header?.key !== 'string') throw wrong('has a header without a key')
      return { key: header.key, value: bytesIn(header.value ?? null, wrong) }
    }),
    ...(typeof partition === 'number' ? { partition } : {}),
    ...(typeof timestamp === 'number' ? { timestamp } : {}),
  }
}

function bytesIn(value: unknown, wrong: (what: string) => CommandFailed): Buffer | null {
  if (value === null) return null
  if (typeof value === 'string') return Buffer.from(value)
  const base64 = (value as { base64?: unknown }).base64
  if (typeof base64 === 'string') return Buffer.from(base64, 'base64')
  // Any other JSON is its own text: convenient by hand.
  if (typeof value === 'object' || typeof value === 'number' || typeof value === 'boolean') {
    return Buffer.from(JSON.stringify(value))
  }
  throw wrong('has a key or value that is neither text nor {"base64": …}')
}
