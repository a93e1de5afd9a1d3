import type { HistoryEvent, ReadRecord, ViolationCode } from './history.ts'
import type { Observation, PartitionView } from './observations.ts'
import { isTombstone } from './tombstones.ts'

/** What a topic's policy lets go of by itself: records with a newer one of their key, or old ones. */
export type Cleaning = 'compact' | 'age'

type Report = (code: ViolationCode, detail: string) => void

/** Tells of each record that was seen and is not there whether the topic's policy lets it be gone. */
export function goneByPolicy(
  cleaning: Cleaning | null,
  seen: { view: PartitionView; log: readonly ReadRecord[]; events: readonly HistoryEvent[] },
): (observation: Observation) => boolean {
  if (cleaning === 'compact') return superseded(seen.view, seen.log)
  if (cleaning === 'age') return aged(seen.log, seen.events)
  return () => false
}

/**
 * A newer record of its key is there: what makes it superfluous must have outlived it, but for a tombstone, which goes in its
 * time. One that nobody saw stored may have been, at any offset.
 */
function superseded(view: PartitionView, log: readonly ReadRecord[]): (observation: Observation) => boolean {
  const keys = keysIn(view)
  const newest = new Map<string, number>()
  const note = (offset: number, value: string): void => {
    const key = keys.get(value) ?? ''
    newest.set(key, Math.max(newest.get(key) ?? -1, offset))
  }
  for (const { offset, value } of log) note(offset, value)
  const seen = new Set<string>()
  for (const { offset, value } of view.observations) {
    seen.add(value)
    // It makes itself superfluous.
    if (isTombstone(value)) note(offset + 1, value)
  }
  for (const value of keys.keys()) if (isTombstone(value) && !seen.has(value)) note(Number.POSITIVE_INFINITY, value)
  return ({ offset, value }) => (newest.get(keys.get(value) ?? '') ?? -1) > offset
}

/** A tombstone goes only after all that it has deleted: what it leaves would be back. Not looked at: those that a power cut may take. */
export function checkDeleted(view: PartitionView, log: readonly ReadRecord[], powerCuts: number, report: Report): void {
  const keys = keysIn(view)
  const there = new Set(log.map(({ value }) => value))
  const newest = new Map<string, ReadRecord>()
  for (const record of log) newest.set(keys.get(record.value) ?? '', record)
  for (const { offset, value, durable, era } of view.observations) {
    if (!isTombstone(value) || there.has(value) || !(durable || era >= powerCuts)) continue
    const left = newest.get(keys.get(value) ?? '')
    if (left === undefined || left.offset >= offset || isTombstone(left.value)) continue
    report('back', `'${left.value}' is at ${left.offset}, and '${value}', which had deleted it at ${offset}, is gone`)
  }
}

const keysIn = ({ sends }: PartitionView): Map<string, string> =>
  new Map(sends.flatMap(({ values, keys }) => values.map((value, i) => [value, keys[i] ?? ''] as const)))

/** It was sent before the clock last jumped over the time that records are kept, and the log begins above it. */
function aged(log: readonly ReadRecord[], events: readonly HistoryEvent[]): (observation: Observation) => boolean {
  const last = events.findLastIndex(({ type }) => type === 'aged')
  const before = new Set(events.slice(0, last + 1).flatMap((event) => (event.type === 'sent' ? event.values : [])))
  const first = log[0]?.offset ?? Number.POSITIVE_INFINITY
  return ({ offset, value }) => before.has(value) && offset < first
}

/** Offsets rise, whatever is missing between them. */
export function checkRising(records: readonly ReadRecord[], where: string, report: Report): void {
  for (const [index, { offset }] of records.entries()) {
    const before = records[index - 1]?.offset ?? -1
    if (offset <= before) report('hole', `offset ${offset} follows ${before} in ${where}`)
  }
}

/** A record is there as often as it was sent at most; once, of an idempotent producer. */
export function checkCopies(
  view: PartitionView,
  log: readonly ReadRecord[],
  idempotent: ReadonlySet<string>,
  report: Report,
): void {
  const copies = new Map<string, number>()
  for (const { value } of log) copies.set(value, (copies.get(value) ?? 0) + 1)
  for (const { producer, values, attempts } of view.sends) {
    const allowed = idempotent.has(producer) ? 1 : attempts
    for (const value of values) {
      const there = copies.get(value) ?? 0
      if (there > allowed)
        report('duplicate', `'${value}' of ${producer}, sent ${attempts} times, is there ${there} times`)
    }
  }
}
