import type { Parsed } from './setting.ts'
import { itemsOf } from './setting-kinds.ts'

export const connectionOverridesForm = 'ADDRESS:CONNECTIONS, separated by commas'

/** Most connections by address, as `max.connections.per.ip.overrides` has them. An IPv6 address may stand in brackets. */
export function parseConnectionOverrides(text: string): Parsed<ReadonlyMap<string, number>> {
  const overrides = new Map<string, number>()
  for (const item of itemsOf(text)) {
    const match = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^\s[\]]+)):\s*(\d{1,10})$/.exec(item)
    const most = Number(match?.[3])
    if (match === null || most > 2_147_483_647) return { problem: `is not of the form ${connectionOverridesForm}` }
    overrides.set((match[1] ?? match[2] ?? '').toLowerCase(), most)
  }
  return { value: overrides, text: itemsOf(text).join(',') }
}
