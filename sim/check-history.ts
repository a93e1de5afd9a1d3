import { checkCopies, checkDeleted, checkRising, goneByPolicy } from './check-cleaned.ts'
import { checkCommits } from './check-commits.ts'
import { checkOwnership } from './check-ownership.ts'
import {
  type History,
  type HistoryEvent,
  isControlValue,
  type ReadRecord,
  type Violation,
  type ViolationCode,
} from './history.ts'
import { type Observation, type PartitionView, viewsOf } from './observations.ts'

/**
 * Everything that a run on one broker shows against what is promised (`guarantees.md`): acknowledged or read records
 * stay, but for a suffix that a power cut took from a log that was not synced; offsets are dense and never given
 * twice; batches are whole, in their producer's order, and an idempotent producer's are there once.
 */
export function checkHistory(history: History): Violation[] {
  const violations: Violation[] = []
  const powerCuts = history.events.filter((event) => event.type === 'fault' && event.fault === 'power-cut').length
  for (const view of viewsOf(history).values()) {
    const log = history.finalLogs.get(view.partition) ?? []
    const report = (code: ViolationCode, detail: string) =>
      void violations.push({ code, partition: view.partition, detail })
    const cleaning = history.cleaned?.get(view.partition) ?? null
    const isGone = goneByPolicy(cleaning, { view, log, events: history.events })
    if (cleaning === 'compact') checkRising(log, 'the final log', report)
    else checkDense(log, 'the final log', report)
    if (cleaning === null) checkStart(view, log, report)
    checkKnown(view, log, report)
    const missed = { ...view, observations: missedOf(view, log, isGone) }
    checkKept(missed, log, powerCuts, report)
    if (history.receipts !== null) {
      checkReceipts(missed, log, history.receipts.get(view.partition) ?? Number.POSITIVE_INFINITY, report)
    }
    checkReuse(view, report)
    if (cleaning === 'compact') {
      checkCopies(view, log, history.idempotentProducers, report)
      checkDeleted(view, log, powerCuts, report)
    } else checkBatches(view, log, history.idempotentProducers, report)
    checkOrder(view, log, history.idempotentProducers, report)
  }
  for (const event of history.events) {
    if (event.type === 'read') violations.push(...checkRead(event, history.cleaned?.get(event.partition) === 'compact'))
  }
  const { events, isOneCoordinator: isExclusive = false, offsetsExpire = false } = history
  violations.push(...checkCommits(events, { mayExpire: offsetsExpire }), ...checkTopics(history))
  violations.push(...checkOwnership(events, { isExclusive, mayForget: offsetsExpire }))
  return violations
}

/** What was seen, but for what is not there and need not be. */
function missedOf(
  view: PartitionView,
  log: readonly ReadRecord[],
  isGone: (seen: Observation) => boolean,
): Observation[] {
  const at = new Map(log.map(({ offset, value }) => [offset, value]))
  return view.observations.filter((seen) => at.get(seen.offset) === seen.value || !isGone(seen))
}

type Report = (code: ViolationCode, detail: string) => void

function checkDense(records: readonly ReadRecord[], where: string, report: Report): void {
  for (const [index, { offset }] of records.entries()) {
    const before = records[index - 1]
    if (before !== undefined && offset !== before.offset + 1) {
      report('hole', `offset ${offset} follows ${before.offset} in ${where}`)
    }
  }
}

/** A log begins at the first record that nobody asked to be deleted, or below. */
function checkStart(view: PartitionView, log: readonly ReadRecord[], report: Report): void {
  const first = log[0]?.offset ?? 0
  if (first <= view.deletedBelow) return
  report('lost', `the log begins at ${first}, and records below ${view.deletedBelow} were to be deleted`)
}

function checkRead(event: HistoryEvent & { type: 'read' }, mayGap: boolean): Violation[] {
  const violations: Violation[] = []
  const check = mayGap ? checkRising : checkDense
  check(event.records, `a read from ${event.from}`, (code, detail) =>
    violations.push({ code, partition: event.partition, detail }),
  )
  const first = mayGap ? undefined : event.records[0]
  if (first !== undefined && first.offset !== event.from) {
    const detail = `a read from ${event.from} begins at ${first.offset}`
    violations.push({ code: 'hole', partition: event.partition, detail })
  }
  return violations
}

function checkKnown(view: PartitionView, log: readonly ReadRecord[], report: Report): void {
  const sent = new Set(view.sends.flatMap((send) => send.values))
  for (const { offset, value } of [...log, ...view.observations]) {
    if (!sent.has(value) && !isControlValue(value))
      report('invented value', `nobody sent '${value}', which stands at ${offset}`)
  }
}

function checkKept(view: PartitionView, log: readonly ReadRecord[], powerCuts: number, report: Report): void {
  const at = new Map(log.map(({ offset, value }) => [offset, value]))
  const kept = (seen: Observation) => at.get(seen.offset) === seen.value
  const first = log[0]?.offset ?? view.deletedBelow
  // The highest offset that survived, of what was surely seen in each era or before.
  const highestKept = Array.from({ length: powerCuts + 1 }, () => -1)
  for (const seen of view.observations) {
    if (!kept(seen)) continue
    for (let era = seen.eraThrough; era <= powerCuts; era++) {
      highestKept[era] = Math.max(highestKept[era] ?? -1, seen.offset)
    }
  }
  for (const seen of view.observations) {
    if (kept(seen) || (seen.offset < view.deletedBelow && seen.offset < first)) continue
    const what = `'${seen.value}' was at ${seen.offset}, where now is ${at.get(seen.offset) ?? 'nothing'}`
    if (seen.durable) report('lost', `${what}, though it was synced`)
    else if (seen.era >= powerCuts) report('lost', `${what}, and no power cut came after it`)
    else if ((highestKept[seen.era] ?? -1) > seen.offset) {
      report('lost from the middle', `${what}, but what was seen at ${highestKept[seen.era]} before the cut is there`)
    }
  }
}

/** What was seen and is not there any more stands in a receipt, whoever explains it. */
function checkReceipts(view: PartitionView, log: readonly ReadRecord[], lostFrom: number, report: Report): void {
  const at = new Map(log.map(({ offset, value }) => [offset, value]))
  for (const { offset, value } of view.observations) {
    if (at.get(offset) === value || offset < view.deletedBelow || offset >= lostFrom) continue
    report('loss without a receipt', `'${value}' was at ${offset}, and the receipts begin at ${lostFrom}`)
  }
}

/** Two values at one offset: only across a power cut, and only where the first was not synced. */
function checkReuse(view: PartitionView, report: Report): void {
  const first = new Map<number, Observation>()
  for (const seen of view.observations) {
    const before = first.get(seen.offset)
    if (before !== undefined && before.value !== seen.value && (before.durable || inSameEra(before, seen))) {
      report('offset reused', `offset ${seen.offset} was '${before.value}' and then '${seen.value}'`)
    }
    if (before === undefined || seen.era > before.era) first.set(seen.offset, seen)
  }
}

function inSameEra(one: Observation, other: Observation): boolean {
  return one.era === other.eraThrough && one.eraThrough === other.era
}

function checkBatches(
  view: PartitionView,
  log: readonly ReadRecord[],
  idempotent: ReadonlySet<string>,
  report: Report,
): void {
  const offsets = offsetsByValue(log)
  const start = log[0]?.offset ?? 0
  for (const send of view.sends) {
    // Told by their last values: what was deleted may have been the first part of a batch.
    const lasts = offsets.get(send.values.at(-1) ?? '') ?? []
    const allowed = idempotent.has(send.producer) ? 1 : send.attempts
    if (lasts.length > allowed) {
      report(
        'duplicate',
        `batch ${send.id} of ${send.producer}, sent ${send.attempts} times, is there ${lasts.length} times`,
      )
    }
    for (const [index, value] of send.values.entries()) {
      const found = offsets.get(value) ?? []
      const expected = lasts.map((last) => last - (send.values.length - 1 - index)).filter((offset) => offset >= start)
      if (found.length !== expected.length || found.some((offset, copy) => offset !== expected[copy])) {
        report('torn batch', `'${value}' of batch ${send.id} is at ${found}, its batch ends at ${lasts}`)
        break
      }
    }
  }
}

function checkOrder(
  view: PartitionView,
  log: readonly ReadRecord[],
  idempotent: ReadonlySet<string>,
  report: Report,
): void {
  const offsets = offsetsByValue(log)
  const lastOf = new Map<string, { id: number; offset: number }>()
  for (const send of view.sends) {
    const offset = offsets.get(send.values.at(-1) ?? '')?.[0]
    if (offset === undefined) continue
    const last = lastOf.get(send.producer)
    if (last !== undefined && offset < last.offset) {
      report(
        'reordered',
        `batch ${send.id} of ${send.producer} is at ${offset}, batch ${last.id}, sent before, at ${last.offset}`,
      )
    }
    // Without sequence numbers, a batch whose answer never came may still arrive after later ones.
    if (send.acknowledged || idempotent.has(send.producer)) lastOf.set(send.producer, { id: send.id, offset })
  }
}

/** The last word on a topic counts, unless one before it was unanswered: as long as that broker lives, it may come true. */
function checkTopics({ events, finalTopics }: History): Violation[] {
  const violations: Violation[] = []
  const last = new Map<string, 'made' | 'deleted' | 'unknown'>()
  const open = new Set<string>()
  for (const event of events) {
    if (event.type === 'started') open.clear()
    if (event.type !== 'topic') continue
    if (!event.answered) open.add(event.name)
    last.set(event.name, open.has(event.name) ? 'unknown' : event.wanted)
  }
  for (const [name, state] of last) {
    if (state === 'made' && !finalTopics.has(name)) {
      violations.push({ code: 'topic lost', partition: '', detail: `${name} was made and is not there` })
    }
    if (state === 'deleted' && finalTopics.has(name)) {
      violations.push({ code: 'topic back', partition: '', detail: `${name} was deleted and is there` })
    }
  }
  return violations
}

function offsetsByValue(log: readonly ReadRecord[]): Map<string, number[]> {
  const offsets = new Map<string, number[]>()
  for (const { offset, value } of log) {
    const known = offsets.get(value)
    if (known === undefined) offsets.set(value, [offset])
    else known.push(offset)
  }
  return offsets
}
