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
  const topics = new TopicsOfCommits(latest)
  let era = 0
  for (const event of events) {
    holdings.note(event)
    topics.note(event)
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
    if (event.type === 'committed' && !topics.isUnsure(event.partition)) {
      latest.set(key, { ...event, durable: false, mayExpire: onTheirWay.get(key) ?? false, goneIn: null })
    }
    if (event.type === 'commit-unknown' && commit !== undefined) {
      if (commit.goneIn === null) commit.offset = Math.min(commit.offset, event.offset)
      else latest.delete(key)
    }
    if (event.type === 'committed-read' && event.offset >= 0 && topics.isNew(event.partition)) {
      const detail = `group ${event.group} has ${event.offset} of a topic that was made anew, and has committed nothing since`
      violations.push({ code: 'offset of a deleted topic', partition: event.partition, detail })
    }
    if (event.type !== 'committed-read' || commit === undefined) continue
    const detail = wrongIn(commit, event)
    if (detail !== null) violations.push({ code: 'commit went back', partition: event.partition, detail })
  }
  return violations
}

/** Which topics have come and gone, as far as their offsets are concerned. */
class TopicsOfCommits {
  readonly #latest: Map<string, Commit>
  readonly #states = new Map<string, 'deleted' | 'new'>()
  /** A change of it was not answered: as long as that broker lives, it may come true. */
  readonly #unsure = new Set<string>()

  constructor(latest: Map<string, Commit>) {
    this.#latest = latest
  }

  note(event: HistoryEvent): void {
    if (event.type === 'started') this.#unsure.clear()
    if (event.type === 'committed' || event.type === 'commit-unknown') this.#states.delete(event.partition)
    if (event.type !== 'topic') return
    const partition = `${event.name}/0`
    if (!event.answered) {
      this.#unsure.add(partition)
      this.#forget(partition)
    } else if (event.wanted === 'deleted') {
      this.#forget(partition)
      if (!this.isUnsure(partition)) this.#states.set(partition, 'deleted')
    } else if (this.#states.get(partition) === 'deleted') this.#states.set(partition, 'new')
  }

  isUnsure(partition: string): boolean {
    return this.#unsure.has(partition)
  }

  /** Made after it was deleted, and nothing was committed for it since. */
  isNew(partition: string): boolean {
    return this.#states.get(partition) === 'new'
  }

  #forget(partition: string): void {
    this.#states.delete(partition)
    for (const key of this.#latest.keys()) if (key.endsWith(` ${partition}`)) this.#latest.delete(key)
  }
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
