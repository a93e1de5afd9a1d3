import type { HistoryEvent, Violation } from './history.ts'
import { Holdings } from './holdings.ts'

type Owns = HistoryEvent & { type: 'owns' }

/** What a history allows beyond the rule. */
export interface OwnershipRules {
  /**
   * There is one coordinator that nobody can be cut off from: a partition has one owner at a time, whatever the generation. Where
   * there are several, one that was deposed may tell its members for a while that all is well.
   */
  readonly isExclusive: boolean
  /** Groups that are empty may be forgotten: their generations begin again. */
  readonly mayForget: boolean
}

/**
 * Two members never own one partition in one generation, nor, with one coordinator, at one time; and a member's generation
 * never goes back. A power cut may take a generation that was not synced, and it is given again: only what was surely seen
 * between the same cuts counts.
 */
export function checkOwnership(
  events: readonly HistoryEvent[],
  { isExclusive, mayForget }: OwnershipRules = { isExclusive: false, mayForget: false },
): Violation[] {
  const violations: Violation[] = []
  const owners = new Map<string, Owns>()
  const latest = new Map<string, Owns>()
  const holdings = new Holdings()
  const lives = mayForget ? new GroupLives(holdings) : null
  for (const event of events) {
    holdings.note(event)
    lives?.note(event)
    if (event.type !== 'owns' || event.era !== event.eraThrough) continue
    const { member, generation, era } = event
    const group = `${event.group}${lives?.of(event.group) ?? ''}`
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
      if (other !== undefined && other.member !== member) {
        const detail = `${other.member} and ${member} of ${group} both own it in generation ${generation}`
        violations.push({ code: 'two owners', partition, detail })
      }
      const holder = isExclusive ? holdings.otherHolder(event.group, partition, member) : null
      if (holder === null) continue
      const detail = `${member} of ${group} owns it in generation ${generation}, and ${holder.member} since ${holder.generation}`
      violations.push({ code: 'two owners', partition, detail })
    }
  }
  return violations
}

/** Counts, for each group, how often it may have been forgotten: empty, and with nothing left that would keep it. */
class GroupLives {
  readonly #holdings: Holdings
  readonly #lives = new Map<string, number>()
  readonly #keepsOffsets = new Set<string>()

  constructor(holdings: Holdings) {
    this.#holdings = holdings
  }

  /** To be told of every event, after the holdings were. */
  note(event: HistoryEvent): void {
    // What was committed may go with a power cut.
    if (event.type === 'fault' && event.fault === 'power-cut') this.#keepsOffsets.clear()
    else if (event.type === 'committed') this.#keepsOffsets.add(event.group)
    else if (event.type === 'owns' && !this.#lives.has(event.group)) this.#lives.set(event.group, 1)
    else if (event.type === 'gives-up') this.#mayBeOver(event.group, !this.#keepsOffsets.has(event.group))
    else if (event.type === 'aged') for (const group of this.#lives.keys()) this.#mayBeOver(group, true)
  }

  of(group: string): number {
    return this.#lives.get(group) ?? 0
  }

  #mayBeOver(group: string, isUnkept: boolean): void {
    if (!isUnkept || this.#holdings.isHeld(group)) return
    this.#keepsOffsets.delete(group)
    this.#lives.set(group, this.of(group) + 1)
  }
}
