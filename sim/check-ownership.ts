import type { HistoryEvent, Violation } from './history.ts'

type Owns = HistoryEvent & { type: 'owns' }

/**
 * Two members never own one partition in one generation, and a member's generation never goes back. A power cut may
 * take a generation that was not synced, and it is given again: only what was surely seen between the same cuts counts.
 */
export function checkOwnership(events: readonly HistoryEvent[]): Violation[] {
  const violations: Violation[] = []
  const owners = new Map<string, Owns>()
  const latest = new Map<string, Owns>()
  for (const event of events) {
    if (event.type !== 'owns' || event.era !== event.eraThrough) continue
    const { group, member, generation, era } = event
    const before = latest.get(`${group} ${member}`)
    if (before !== undefined && before.era === era && generation < before.generation) {
      const detail = `${member} of ${group} was in generation ${before.generation}, and then in ${generation}`
      violations.push({ code: 'generation went back', partition: '', detail })
    }
    latest.set(`${group} ${member}`, event)
    for (const partition of event.partitions) {
      const key = `${group} ${era} ${generation} ${partition}`
      const other = owners.get(key)
      owners.set(key, event)
      if (other === undefined || other.member === member) continue
      const detail = `${other.member} and ${member} of ${group} both own it in generation ${generation}`
      violations.push({ code: 'two owners', partition, detail })
    }
  }
  return violations
}
