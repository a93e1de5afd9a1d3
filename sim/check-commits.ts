import type { HistoryEvent, Violation } from './history.ts'
import { Holdings } from './holdings.ts'

interface Commit {
  offset: number
  readonly era: number
  readonly eraThrough: number
  /** Synced by a clean stop after it. */
  durable: boolean
  /** The clock jumped over its retention while its group was, or may have been, empty. */
  mayExpire: boolean
  /** The power cuts before it was told that there is none; null: it was not. */
  goneIn: number | null
}

/**
 * A committed offset is what a later look gives, unless a power cut came between and no clean stop before it, or it has
 * expired; and one that has is not told again.
 */
export function checkCommits(events: readonly HistoryEvent[], { mayExpire = false } = {}): Violation[] {
  const violations: Violation[] = []
  const latest = new Map<string, Commit>()
  /** Commits on their way; true: the clock jumped meanwhile. */
  const onTheirWay = new Map<string, boolean>()
  const holdings = new Holdings()
  let era = 0
  for (const event of events) {
    holdings.note(event)
    if (event.type === 'fault' && event.fault === 'power-cut') era++
    if (event.type === 'stopped')
      for (const commit of latest.values()) commit.durable ||= commit.era === era && commit.eraThrough === era
    if (event.type === 'aged' && mayExpire) {
      for (const [key, commit] of latest) commit.mayExpire ||= !holdings.isHeld(groupIn(key))
      for (const key of onTheirWay.keys()) if (!holdings.isHeld(groupIn(key))) onTheirWay.set(key, true)
    }
    if (!('group' in event) || !('partition' in event)) continue
    const key = `${event.group} ${event.partition}`
    const commit = latest.get(key)
    if (event.type === 'committing') onTheirWay.set(key, false)
    if (event.type === 'committed') {
      latest.set(key, { ...event, durable: false, mayExpire: onTheirWay.get(key) ?? false, goneIn: null })
    }
    if (event.type === 'commit-unknown' && commit !== undefined) {
      if (commit.goneIn === null) commit.offset = Math.min(commit.offset, event.offset)
      else latest.delete(key)
    }
    if (event.type !== 'committed-read' || commit === undefined) continue
    const detail = wrongIn(commit, event)
    if (detail !== null) violations.push({ code: 'commit went back', partition: event.partition, detail })
  }
  return violations
}

function wrongIn(commit: Commit, read: HistoryEvent & { type: 'committed-read' }): string | null {
  if (commit.goneIn !== null) {
    const isBack = read.offset >= 0 && read.era === commit.goneIn && read.eraThrough === commit.goneIn
    return isBack ? `group ${read.group} had none any more, and then it was ${read.offset} again` : null
  }
  if (read.offset >= commit.offset) return null
  if (read.offset === -1 && commit.mayExpire) {
    commit.goneIn = read.era === read.eraThrough ? read.era : -1
    return null
  }
  if (!commit.durable && read.eraThrough > commit.era) return null
  return `group ${read.group} had committed ${commit.offset}, and then it was ${read.offset}`
}

function groupIn(key: string): string {
  return key.split(' ')[0] ?? ''
}
