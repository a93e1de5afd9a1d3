import { validateDynamicBrokerConfigs } from './broker-config.ts'
import { brokerSettings } from './broker-settings.ts'
import { type ConfigRefusal, refuse } from './config-refusal.ts'
import { parseSetting, type Settings } from './setting.ts'
import { itemsOf } from './setting-kinds.ts'
import { validateTopicConfigs } from './topic-config.ts'
import { topicSettings } from './topic-settings.ts'

/** Whose settings are changed: a topic's overrides, or what is set for brokers while they run. */
export type ConfigKind = 'topic' | 'broker'

/** One step of IncrementalAlterConfigs (KIP-339). `append` and `subtract` change a list's items. */
export interface ConfigOperation {
  readonly name: string
  readonly operation: 'set' | 'delete' | 'append' | 'subtract'
  readonly value: string | null
}

/** What is to be written: the new text, or null where a setting is taken back. Only what differs from before. */
export type ConfigChanges = ReadonlyMap<string, string | null>

/** Applies all or none. `current` is what is set now, name → text. */
export function applyConfigOperations(
  kind: ConfigKind,
  current: ReadonlyMap<string, string>,
  operations: readonly ConfigOperation[],
): ConfigChanges | ConfigRefusal {
  const next = new Map(current)
  const seen = new Set<string>()
  for (const operation of operations) {
    if (seen.has(operation.name))
      return refuseRequest(operation.name, `${operation.name} is changed twice in one request`)
    seen.add(operation.name)
    const answer = apply(kind, next, operation)
    if (answer !== null) return answer
  }
  return checked(kind, current, next)
}

/** The older AlterConfigs: what is not given is taken back. */
export function replaceConfigs(
  kind: ConfigKind,
  current: ReadonlyMap<string, string>,
  texts: ReadonlyMap<string, string | null>,
): ConfigChanges | ConfigRefusal {
  const next = new Map<string, string>()
  for (const [name, text] of texts) {
    if (text === null) return refuseRequest(name, `${name} is given without a value`)
    next.set(name, text)
  }
  return checked(kind, current, next)
}

export function isConfigRefusal(answer: ConfigChanges | ConfigRefusal): answer is ConfigRefusal {
  return 'code' in answer
}

function apply(kind: ConfigKind, next: Map<string, string>, operation: ConfigOperation): ConfigRefusal | null {
  const { name, value } = operation
  if (operation.operation === 'delete') {
    next.delete(name)
    return null
  }
  if (value === null) return refuseRequest(name, `${name} is given without a value`)
  if (operation.operation === 'set') {
    next.set(name, value)
    return null
  }
  const settings = settingsOf(kind)
  const setting = Object.hasOwn(settings, name) ? settings[name] : undefined
  if (setting !== undefined && setting.type !== 'list') {
    return refuse(name, `${name} is no list: it cannot be added to or taken from`)
  }
  const items = new Set(itemsOf(next.get(name) ?? setting?.default ?? ''))
  for (const item of itemsOf(value)) {
    if (operation.operation === 'append') items.add(item)
    else items.delete(item)
  }
  next.set(name, [...items].join(','))
  return null
}

function checked(
  kind: ConfigKind,
  current: ReadonlyMap<string, string>,
  next: ReadonlyMap<string, string>,
): ConfigChanges | ConfigRefusal {
  const validate = kind === 'topic' ? validateTopicConfigs : validateDynamicBrokerConfigs
  const refusal = validate(Object.fromEntries(next))
  if (refusal !== null) return refusal
  const settings = settingsOf(kind)
  const changes = new Map<string, string | null>()
  for (const name of new Set([...current.keys(), ...next.keys()])) {
    const before = current.get(name)
    const after = next.get(name)
    const text = after === undefined ? null : canonical(settings, name, after)
    if (text === (before ?? null)) continue
    changes.set(name, text)
  }
  return changes
}

function canonical(settings: Settings, name: string, text: string): string {
  const setting = settings[name]
  const parsed = setting === undefined ? { text } : parseSetting(name, setting, text)
  return 'code' in parsed ? text : parsed.text
}

function settingsOf(kind: ConfigKind): Settings {
  return kind === 'topic' ? topicSettings : brokerSettings
}

function refuseRequest(name: string, message: string): ConfigRefusal {
  return { code: 'invalid-request', name, message }
}
