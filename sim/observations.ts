import type { History, HistoryEvent } from './history.ts'

/** One client was told that this value stands at this offset. */
export interface Observation {
  readonly offset: number
  readonly value: string
  /** How many power cuts had been when the request was begun that this is the answer to. */
  readonly era: number
  /** And when the answer came. */
  readonly eraThrough: number
  /** Synced by a clean stop after it, or by the topic's own flush: no power cut may take it. */
  readonly durable: boolean
}

/** One batch of one producer, as far as its client knows. */
export interface Send {
  readonly id: number
  readonly producer: string
  readonly values: readonly string[]
  readonly keys: readonly string[]
  attempts: number
  acknowledged: boolean
}

/** What was seen of one partition during a run. */
export interface PartitionView {
  readonly partition: string
  readonly flushed: boolean
  readonly observations: Observation[]
  /** In the order in which they were first sent. */
  readonly sends: Send[]
  /** Records below it were asked to be deleted: they may be gone. */
  deletedBelow: number
}

/** Sorts a history's events by partition. Also partitions of which nothing but the final log is known are there. */
export function viewsOf(history: History): Map<string, PartitionView> {
  const views = new Map<string, PartitionView>()
  const viewOf = (partition: string): PartitionView => {
    let view = views.get(partition)
    if (view === undefined) {
      view = {
        partition,
        flushed: history.flushedPartitions.has(partition),
        observations: [],
        sends: [],
        deletedBelow: 0,
      }
      views.set(partition, view)
    }
    return view
  }
  for (const partition of history.finalLogs.keys()) viewOf(partition)
  const sends = new Map<number, { send: Send; view: PartitionView }>()
  const lastStops = lastStopByEra(history.events)
  for (const [index, event] of history.events.entries()) {
    const stop = 'era' in event && event.era === event.eraThrough ? lastStops.get(event.era) : undefined
    note(event, stop !== undefined && index < stop, { viewOf, sends })
  }
  return views
}

/** Era to the index of its last clean stop. What was seen in an earlier era may be gone when that stop syncs the rest. */
function lastStopByEra(events: readonly HistoryEvent[]): Map<number, number> {
  const stops = new Map<number, number>()
  let era = 0
  for (const [index, event] of events.entries()) {
    if (event.type === 'fault' && event.fault === 'power-cut') era++
    if (event.type === 'stopped') stops.set(era, index)
  }
  return stops
}

function note(
  event: HistoryEvent,
  beforeStop: boolean,
  to: { viewOf: (partition: string) => PartitionView; sends: Map<number, { send: Send; view: PartitionView }> },
): void {
  if (event.type === 'sent') {
    const { send: id, producer, values, keys = [] } = event
    const send = { id, producer, values, keys, attempts: 1, acknowledged: false }
    const view = to.viewOf(event.partition)
    view.sends.push(send)
    to.sends.set(id, { send, view })
  } else if (event.type === 'sent-again') {
    const known = to.sends.get(event.send)
    if (known !== undefined) known.send.attempts++
  } else if (event.type === 'acknowledged') {
    const known = to.sends.get(event.send)
    if (known === undefined) return
    known.send.acknowledged = true
    for (const [index, value] of known.send.values.entries()) {
      const durable = beforeStop || known.view.flushed
      const { era, eraThrough } = event
      known.view.observations.push({ offset: event.baseOffset + index, value, era, eraThrough, durable })
    }
  } else if (event.type === 'deleting') {
    const view = to.viewOf(event.partition)
    view.deletedBelow = Math.max(view.deletedBelow, event.before)
  } else if (event.type === 'read') {
    const view = to.viewOf(event.partition)
    for (const { offset, value } of event.records) {
      const { era, eraThrough } = event
      view.observations.push({ offset, value, era, eraThrough, durable: beforeStop || view.flushed })
    }
  }
}
