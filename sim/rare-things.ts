import type { SimWorld } from '../src/runtime/sim/sim-world.ts'
import type { History } from './history.ts'
import { viewsOf } from './observations.ts'

/** Marks what a run was to show at times, as far as its history and its disk tell. */
export function markRareThings(history: History, world: SimWorld): void {
  markLosses(history, world)
  markRecoveredDuplicates(history, world)
  for (const partition of history.finalLogs.keys()) {
    const [topic, index] = partition.split('/')
    const folder = world.node('broker').disk.names.find(`/data/${topic}-${index}`)
    if (folder?.kind !== 'directory') continue
    if ([...folder.entries.keys()].filter((name) => name.endsWith('.log')).length > 1) world.mark('rolled log')
  }
}

/** Acknowledged records that a power cut took from a log that was not synced: what the page cache explains. */
function markLosses(history: History, world: SimWorld): void {
  for (const view of viewsOf(history).values()) {
    const log = history.finalLogs.get(view.partition) ?? []
    const there = new Set(log.map(({ value }) => value))
    for (const send of view.sends) {
      if (!send.acknowledged || there.has(send.values.at(-1) ?? '')) continue
      const deleted = view.observations.some(
        ({ offset, value }) => value === send.values.at(-1) && offset < view.deletedBelow,
      )
      if (!deleted) world.mark('acknowledged batch lost by a power cut')
    }
  }
}

/** Retries that were answered with an offset from before the broker's last start: it knew of the batch from its files. */
function markRecoveredDuplicates(history: History, world: SimWorld): void {
  const sends = new Map<number, { partition: string; idempotent: boolean }>()
  const highest = new Map<string, number>()
  let highestBeforeStart = new Map<string, number>()
  const seen = (partition: string, offset: number) => {
    highest.set(partition, Math.max(highest.get(partition) ?? -1, offset))
  }
  for (const event of history.events) {
    if (event.type === 'started') highestBeforeStart = new Map(highest)
    else if (event.type === 'fault' && event.fault === 'power-cut') highest.clear()
    else if (event.type === 'sent') {
      const idempotent = history.idempotentProducers.has(event.producer)
      sends.set(event.send, { partition: event.partition, idempotent })
    } else if (event.type === 'read') for (const { offset } of event.records) seen(event.partition, offset)
    if (event.type !== 'acknowledged') continue
    const send = sends.get(event.send)
    if (send === undefined) continue
    if (send.idempotent && event.baseOffset <= (highestBeforeStart.get(send.partition) ?? -1)) {
      world.mark('duplicate answered after a restart')
    }
    seen(send.partition, event.baseOffset)
  }
}
