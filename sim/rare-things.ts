import type { SimWorld } from '../src/runtime/sim/sim-world.ts'
import type { History } from './history.ts'
import { viewsOf } from './observations.ts'
import { isTombstone } from './tombstones.ts'

/** Marks what a run was to show at times, as far as its history and its disk tell. */
export function markRareThings(history: History, world: SimWorld): void {
  markLosses(history, world)
  markRecoveredDuplicates(history, world)
  markExpired(history, world)
  markNewTopics(history, world)
  markTombstones(history, world)
  for (const partition of history.finalLogs.keys()) {
    const [topic, index] = partition.split('/')
    const folder = world.node('broker').disk.names.find(`/data/${topic}-${index}`)
    if (folder?.kind !== 'directory') continue
    if ([...folder.entries.keys()].filter((name) => name.endsWith('.log')).length > 1) world.mark('rolled log')
  }
}

/** Tombstones of compacted topics that were seen, and are gone in their time. */
export function markTombstones(history: History, world: SimWorld): void {
  for (const view of viewsOf(history).values()) {
    if (history.cleaned?.get(view.partition) !== 'compact') continue
    const there = new Set((history.finalLogs.get(view.partition) ?? []).map(({ value }) => value))
    for (const { value } of view.observations) {
      if (isTombstone(value) && !there.has(value)) world.mark('tombstone gone')
    }
  }
}

/** Acknowledged records that a power cut took from a log that was not synced: what the page cache explains. */
function markLosses(history: History, world: SimWorld): void {
  for (const view of viewsOf(history).values()) {
    if (history.cleaned?.has(view.partition) === true) continue
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
  const partitions = new Map<number, string>()
  let found: Readonly<Record<string, number>> = {}
  let ends: Readonly<Record<string, number>> = {}
  for (const event of history.events) {
    if (event.type === 'started') {
      found = event.ends
      ends = {}
    } else if (event.type === 'up') ends = event.ends
    else if (event.type === 'sent' && history.idempotentProducers.has(event.producer)) {
      partitions.set(event.send, event.partition)
    } else if (event.type === 'acknowledged') {
      const partition = partitions.get(event.send)
      if (partition !== undefined && event.baseOffset < Math.min(found[partition] ?? 0, ends[partition] ?? 0)) {
        world.mark('duplicate answered after a restart')
      }
    }
  }
}

/** Offsets that were there, and are not any more, with the clock having jumped in between and no power cut. */
function markExpired({ events, offsetsExpire = false }: History, world: SimWorld): void {
  const isOld = new Map<string, boolean>()
  for (const event of events) {
    if (event.type === 'fault' && event.fault === 'power-cut') isOld.clear()
    if (event.type === 'aged') for (const key of isOld.keys()) isOld.set(key, true)
    if (event.type === 'committed') isOld.set(`${event.group} ${event.partition}`, false)
    if (event.type !== 'committed-read' || event.offset !== -1 || !offsetsExpire) continue
    if (isOld.get(`${event.group} ${event.partition}`) === true) world.mark('offset expired')
    isOld.delete(`${event.group} ${event.partition}`)
  }
}

/** Topics that were deleted with offsets kept of them, and made anew, which a group has none of. */
function markNewTopics({ events }: History, world: SimWorld): void {
  const states = new Map<string, 'committed' | 'deleted' | 'new'>()
  for (const event of events) {
    if (event.type === 'committed') states.set(event.partition, 'committed')
    if (event.type === 'topic') {
      const [partition, before] = [`${event.name}/0`, states.get(`${event.name}/0`)]
      if (before === 'committed' && event.wanted === 'deleted') states.set(partition, 'deleted')
      if (before === 'deleted' && event.wanted === 'made') states.set(partition, 'new')
    }
    if (event.type !== 'committed-read' || event.offset !== -1 || states.get(event.partition) !== 'new') continue
    world.mark('a topic is back without its offsets')
    states.delete(event.partition)
  }
}
