import type { ConfigRefusal } from './config-refusal.ts'

/** Kafka's type of a value. All travel as text; `list` is separated by commas. */
export type SettingType = 'boolean' | 'string' | 'int' | 'short' | 'long' | 'double' | 'list' | 'password'

/** A parsed value, or what is wrong with the text, as the rest of a sentence that begins with it. */
export type Parsed<T> = { readonly value: T; readonly text: string } | { readonly problem: string }

/**
 * One setting: everything that code, documentation and DescribeConfigs need to know about it. `T` is what the code
 * sees; `null` is part of it where the setting may be absent.
 */
export interface Setting<T = unknown> {
  readonly type: SettingType
  /** What the setting does, in sentences with a full stop. Units stand in the name or here. */
  readonly about: string
  /** Its default as text; null: absent. */
  readonly default: string | null
  /** Which values are right, for people; null: any of the type. */
  readonly allowed: string | null
  /** May change while the broker runs, by the Kafka protocol's config calls. Topic settings always may. */
  readonly dynamic: boolean
  /** Never shown. */
  readonly sensitive: boolean
  /** Left out of documentation and of DescribeConfigs: for tests. */
  readonly internal: boolean
  /** Gives the value and its canonical text. */
  parse(text: string): Parsed<T>
}

/** Settings by name. */
export type Settings = Readonly<Record<string, Setting>>

/** `log.retention.ms` → `logRetentionMs`. */
export type CamelCase<Name extends string> = Name extends `${infer Head}.${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name

/** The values of `S` as an object with camelCase names. */
export type ValuesOf<S extends Settings> = {
  readonly [Name in keyof S & string as CamelCase<Name>]: S[Name] extends Setting<infer T> ? T : never
}

export function camelCase(name: string): string {
  return name.replace(/\.([a-z0-9])/g, (_dot, letter: string) => letter.toUpperCase())
}

/** The text's value, or the refusal that says what is allowed. */
export function parseSetting<T>(
  name: string,
  setting: Setting<T>,
  text: string,
): { readonly value: T; readonly text: string } | ConfigRefusal {
  const parsed = setting.parse(text.trim())
  if (!('problem' in parsed)) return parsed
  const shown = setting.sensitive ? 'the value' : JSON.stringify(text)
  return { code: 'invalid-config', name, message: `${name}: ${shown} ${parsed.problem}` }
}
