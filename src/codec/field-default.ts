import type { Field, Message, Primitive } from './field.ts'
import { zeroUuid } from './uuid.ts'

const noBytes: Uint8Array = Buffer.alloc(0)
const nothing: readonly never[] = Object.freeze([])

const zero: { readonly [P in Primitive]: unknown } = {
  bool: false,
  int8: 0,
  int16: 0,
  uint16: 0,
  int32: 0,
  uint32: 0,
  int64: 0,
  bigint64: 0n,
  float64: 0,
  string: '',
  bytes: noBytes,
  records: null,
  uuid: zeroUuid,
}

/** The value of a field that was not sent. Shared by all who get it, and frozen. */
export function defaultOf(field: Field): unknown {
  if (field.default !== undefined) return field.default
  if (typeof field.type === 'string') return zero[field.type]
  return field.type.kind === 'array' ? nothing : defaultMessage(field.type)
}

const defaultMessages = new WeakMap<Message, object>()

function defaultMessage(message: Message): object {
  let value = defaultMessages.get(message)
  if (value === undefined) {
    const entries = Object.entries(message.fields).map(([name, field]) => [name, defaultOf(field)])
    value = Object.freeze(Object.fromEntries(entries)) as object
    defaultMessages.set(message, value)
  }
  return value
}

/** Whether a value says no more than its field's absence would. */
export function isDefault(field: Field, value: unknown): boolean {
  if (value === undefined) return true
  const fallback = defaultOf(field)
  if (value === fallback) return true
  if (value === null || fallback === null) return false
  const type = field.type
  if (type === 'bytes') return (value as Uint8Array).length === 0
  if (typeof type === 'string') return false
  if (type.kind === 'array') return (value as readonly unknown[]).length === 0
  return Object.entries(type.fields).every(([name, inner]) =>
    isDefault(inner, (value as Record<string, unknown>)[name]),
  )
}
