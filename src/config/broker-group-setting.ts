import type { Parsed } from './setting.ts'
import { itemsOf } from './setting-kinds.ts'

/** A broker group as it is written down: its name, and its members in their order, the primary first. */
export interface BrokerGroupSetting {
  readonly name: string
  readonly members: readonly number[]
}

export const brokerGroupForm = 'NAME:ID+ID…, separated by commas, for example group-1:1+2'

export function parseBrokerGroups(text: string): Parsed<readonly BrokerGroupSetting[]> {
  const groups: BrokerGroupSetting[] = []
  for (const item of itemsOf(text)) {
    const match = /^([a-zA-Z0-9._-]+):(\d{1,9}(?:\+\d{1,9})*)$/.exec(item)
    if (match === null) return { problem: `is not of the form ${brokerGroupForm}` }
    groups.push({ name: match[1] as string, members: (match[2] as string).split('+').map(Number) })
  }
  if (new Set(groups.map(({ name }) => name)).size !== groups.length) return { problem: 'names a broker group twice' }
  return { value: groups, text: itemsOf(text).join(',') }
}
