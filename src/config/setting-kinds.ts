import type { Parsed, Setting, SettingType } from './setting.ts'

/** Kafka's `Long.MAX_VALUE`: for ever, or without bound. Seen by the code as `Number.MAX_SAFE_INTEGER`. */
export const longMax = 9_223_372_036_854_775_807n

interface Flags {
  readonly about: string
  readonly dynamic?: boolean
  readonly internal?: boolean
  readonly sensitive?: boolean
}

type Integer = number | bigint

interface NumberOptions<D> extends Flags {
  readonly default: D
  /** Both inclusive. */
  readonly min?: Integer
  readonly max?: Integer
}

/** Null is a value only of settings that are absent by default. */
type Present<D, T> = null extends D ? T | null : T

const integerRange = {
  short: [-32_768n, 32_767n],
  int: [-2_147_483_648n, 2_147_483_647n],
  long: [-longMax - 1n, longMax],
} as const

export function int<const D extends number | null>(options: NumberOptions<D>): Setting<Present<D, number>> {
  return integer('int', options)
}

export function short<const D extends number | null>(options: NumberOptions<D>): Setting<Present<D, number>> {
  return integer('short', options)
}

/** Up to 64 bits; what is beyond 2^53 - 1 is seen as 2^53 - 1, and told as it was given. */
export function long<const D extends Integer | null>(options: NumberOptions<D>): Setting<Present<D, number>> {
  return integer('long', options)
}

function integer<D extends Integer | null>(
  type: 'short' | 'int' | 'long',
  options: NumberOptions<D>,
): Setting<Present<D, number>> {
  const [least, most] = integerRange[type]
  const min = options.min === undefined ? least : BigInt(options.min)
  const max = options.max === undefined ? most : BigInt(options.max)
  const bounds = boundsOf(options)
  const parse = (text: string): Parsed<number> => {
    if (!/^[+-]?\d{1,20}$/.test(text)) return { problem: `is no whole number${bounds === null ? '' : ` (${bounds})`}` }
    const value = BigInt(text)
    if (value < min || value > max)
      return { problem: `is out of range: ${bounds ?? `it must be from ${min} to ${max}`}` }
    return { value: clamped(value), text: value.toString() }
  }
  return setting(type, options, options.default === null ? null : `${options.default}`, bounds, parse)
}

function boundsOf(options: { readonly min?: Integer; readonly max?: Integer }): string | null {
  if (options.min !== undefined && options.max !== undefined) return `from ${options.min} to ${options.max}`
  if (options.min !== undefined) return `at least ${options.min}`
  return options.max === undefined ? null : `at most ${options.max}`
}

function clamped(value: bigint): number {
  const most = BigInt(Number.MAX_SAFE_INTEGER)
  return Number(value > most ? most : value < -most ? -most : value)
}

export function double(options: NumberOptions<number>): Setting<number> {
  const bounds = boundsOf(options)
  const parse = (text: string): Parsed<number> => {
    const value = Number(text)
    if (text === '' || !Number.isFinite(value)) return { problem: 'is no number' }
    if (value < (options.min ?? -Infinity) || value > (options.max ?? Infinity)) return { problem: `is not ${bounds}` }
    return { value, text: doubleText(value) }
  }
  return setting('double', options, doubleText(options.default), bounds, parse)
}

/** As Java prints it: with a fraction, and from ten millions on with an exponent. */
function doubleText(value: number): string {
  if (Math.abs(value) >= 1e7) {
    const [digits = '', exponent = ''] = value.toExponential().split('e+')
    return `${digits.includes('.') ? digits : `${digits}.0`}E${exponent}`
  }
  return Number.isInteger(value) ? `${value}.0` : `${value}`
}

export function boolean(options: Flags & { readonly default: boolean }): Setting<boolean> {
  const parse = (text: string): Parsed<boolean> => {
    const lower = text.toLowerCase()
    if (lower !== 'true' && lower !== 'false') return { problem: 'is neither true nor false' }
    return { value: lower === 'true', text: lower }
  }
  return setting('boolean', options, `${options.default}`, null, parse)
}

export function string<const D extends string | null>(
  options: Flags & { readonly default: D },
): Setting<Present<D, string>> {
  return setting('string', options, options.default, null, (text): Parsed<string> => ({ value: text, text }))
}

/** One of a few words. `because` is added when another is given. */
export function oneOf<const V extends string>(
  values: readonly V[],
  options: Flags & { readonly default: V; readonly because?: string },
): Setting<V> {
  const allowed = values.join(', ')
  const parse = (text: string): Parsed<V> => {
    const value = values.find((known) => known === text)
    if (value !== undefined) return { value, text }
    const rest = options.because === undefined ? '' : `: ${options.because}`
    return { problem: values.length === 1 ? `is not ${allowed}${rest}` : `is none of ${allowed}${rest}` }
  }
  return setting('string', options, options.default, allowed, parse)
}

/** Words separated by commas; each of `values` if those are given. Twice the same is one. */
export function list<const V extends string = string>(
  options: Flags & { readonly default: readonly V[]; readonly values?: readonly V[] },
): Setting<readonly V[]> {
  const allowed = options.values === undefined ? null : `any of ${options.values.join(', ')}`
  const parse = (text: string): Parsed<readonly V[]> => {
    const items = itemsOf(text) as V[]
    const odd = items.find((item) => options.values !== undefined && !options.values.includes(item))
    if (odd !== undefined) return { problem: `holds ${JSON.stringify(odd)}, which is not ${allowed}` }
    const value = [...new Set(items)]
    return { value, text: value.join(',') }
  }
  return setting('list', options, options.default.join(','), allowed, parse)
}

/** The items of a list as text. An empty text is an empty list. */
export function itemsOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

/** A setting with a form of its own. */
export function custom<T>(
  type: SettingType,
  options: Flags & { readonly default: string | null; readonly allowed: string },
  parse: (text: string) => Parsed<T>,
): Setting<T> {
  return setting(type, options, options.default, options.allowed, parse)
}

function setting<T>(
  type: SettingType,
  flags: Flags,
  byDefault: string | null,
  allowed: string | null,
  parse: (text: string) => Parsed<unknown>,
): Setting<T> {
  return {
    type,
    about: flags.about,
    default: byDefault,
    allowed,
    dynamic: flags.dynamic ?? false,
    internal: flags.internal ?? false,
    sensitive: flags.sensitive ?? false,
    parse: parse as (text: string) => Parsed<T>,
  }
}
