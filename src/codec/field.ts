/** What a value of each primitive type is in memory. int64 is a number: the codec refuses what a number cannot hold. */
export interface PrimitiveValues {
  bool: boolean
  int8: number
  int16: number
  uint16: number
  int32: number
  uint32: number
  int64: number
  /** For the few values that may use all 64 bits. */
  bigint64: bigint
  float64: number
  string: string
  /** Any bytes; a view on the frame once decoded. */
  bytes: Uint8Array
  /** Record batches; a view on the frame once decoded, and one or more pieces to encode. */
  records: Uint8Array
  /** 22 characters of base64url, as Kafka prints ids. */
  uuid: string
}

export type Primitive = keyof PrimitiveValues

export interface ArrayOf<T extends Primitive | Message = Primitive | Message> {
  readonly kind: 'array'
  readonly of: T
}

export type FieldType = Primitive | ArrayOf | Message

/** One field of a message. Versions are those of the message that is encoded, also in nested ones. */
export interface Field {
  readonly type: FieldType
  /** First version that has it. 0 if not given. */
  readonly since?: number
  /** Last version that has it. */
  readonly until?: number
  /** First version in which it may be null. */
  readonly nullableSince?: number
  /** Sent only if it differs from its default, in the tagged section (KIP-482), from version `since` on. */
  readonly tagged?: { readonly tag: number; readonly since: number }
  /** What it is in versions that lack it. If not given: 0, false, '', nothing in it, zero uuid. */
  readonly default?: boolean | number | bigint | string | null
  /** Whether a value may be dropped silently where the version lacks the field. */
  readonly ignorable?: boolean
  /** What it means, in a sentence. */
  readonly about: string
}

export type Fields = { readonly [name: string]: Field }

/** The declared form of a message: what encode, decode, types, documentation and tests are made from. */
export interface Message<F extends Fields = Fields> {
  readonly kind: 'message'
  readonly fields: F
  /** First version in flexible form (KIP-482), where the message is encoded by itself. Infinity: never. */
  readonly flexibleSince: number
  /** First and last version, where the message is encoded with its version in front. */
  readonly versions: readonly [min: number, max: number]
}

export function hasField(field: Field, version: number): boolean {
  return version >= (field.since ?? 0) && version <= (field.until ?? Number.POSITIVE_INFINITY)
}

export function isNullable(field: Field, version: number): boolean {
  return field.nullableSince !== undefined && version >= field.nullableSince
}

export function isTagged(field: Field, version: number): boolean {
  return field.tagged !== undefined && version >= field.tagged.since
}
