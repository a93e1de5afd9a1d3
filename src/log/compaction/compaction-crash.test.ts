import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Runtime } from '../../runtime/runtime.ts'
import type { SimNode } from '../../runtime/sim/sim-node.ts'
import { SimWorld } from '../../runtime/sim/sim-world.ts'
import { openTestLog } from '../log-fixture.ts'
import { Watch, watchedDisk } from '../watched-disk-fixture.ts'
import { CompactionTwin, compactedSettings, compactOnce } from './compaction-fixture.ts'

type Fate = 'kill' | 'power-cut'

/** A log of some segments that become two, with tombstones, an aborted transaction and its index, and an end that is dropped. */
async function prepared(node: SimNode) {
  const { runtime } = node
  const { log } = await openTestLog(runtime, { settings: compactedSettings })
  const twin = new CompactionTwin()
  const append = async (
    keys: string,
    how: { value?: string | null; producerId?: number; transactional?: boolean } = {},
  ) => {
    const { value = 'v'.repeat(40), producerId = -1, transactional = false } = how
    const records = Array.from(keys).map((key) => ({ key, value }))
    await twin.append(log, records, { timestamp: runtime.clock.nowMs(), codec: 'none', producerId, transactional })
  }
  for (let i = 0; i < 2; i++) {
    await append('abcd')
    await append('x', { producerId: 11, transactional: true })
    await append('ab', { producerId: 1 })
    await append('e', { value: null })
    await twin.endTransaction(log, 11, 'abort', runtime.clock.nowMs())
    await append('fghi', { value: 'large'.repeat(20) })
  }
  await append('ab', { value: null })
  await append('fgh')
  await append('cdabfgh')
  await log.flush()
  assert.ok(log.segments().length > 3, `${log.segments().length} segments`)
  return { log, twin }
}

async function live(fate: Fate, begins: boolean, due: number, seed: number): Promise<{ over: boolean }> {
  const world = new SimWorld(seed)
  const node = world.node('a')
  const { log: first, twin } = await world.complete(prepared(node))
  await world.complete(first.close())
  let isOver = false
  const watch = new Watch({
    begins,
    at: () => {
      isOver = true
      if (fate === 'kill') node.crash()
      else node.powerCut()
    },
  })
  const runtime: Runtime = { ...node.runtime, disk: watchedDisk(node.runtime.disk, watch) }
  const { log } = await world.complete(openTestLog(runtime, { settings: compactedSettings, cleanedUpTo: 0 }))
  watch.count = 0
  watch.due = due
  let done = false
  const compacting = compactOnce(runtime, log, { committedUpTo: twin.end, twin }).then(() => {
    done = true
    watch.due = Number.POSITIVE_INFINITY
  })
  await world.runUntil(() => isOver || done, 60_000)
  if (done) await compacting
  if (!isOver) {
    await world.complete(twin.check(log, runtime.clock.nowMs()))
    return { over: true }
  }
  for (const isLast of [false, true]) {
    if (!isLast && fate === 'power-cut') continue
    node.restart()
    // All that was there was fsynced: what is not scanned is believed.
    const known = { recoveryPoint: twin.end, cleanedUpTo: 0, clean: false, powerCut: fate === 'power-cut' }
    const options = { settings: compactedSettings, ...known }
    const again = (await world.complete(openTestLog(node.runtime, options))).log
    const where = `${fate} at operation ${due}, ${begins ? 'begun' : 'not begun'}, seed ${seed}`
    assert.deepEqual(again.recovery.damage, [], where)
    await world.complete(twin.check(again, node.runtime.clock.nowMs())).catch((error: unknown) => {
      throw new Error(`${where}: ${error}`, { cause: error })
    })
    const left = (await world.complete(node.runtime.disk.list('data/t-0'))).map(({ name }) => name)
    assert.deepEqual(
      left.filter((name) => /\.(cleaned|swap|deleted)$/.test(name)),
      [],
      where,
    )
    if (!isLast) continue
    await world.complete(compactOnce(node.runtime, again, { committedUpTo: twin.end, twin }))
    await world.complete(twin.check(again, node.runtime.clock.nowMs()))
    await world.complete(again.close())
  }
  return { over: false }
}

for (const fate of ['kill', 'power-cut'] as const) {
  for (const begins of [false, true]) {
    test(`a ${fate} at any disk operation of a compaction, ${begins ? 'under way' : 'not begun'}, leaves the log whole`, async () => {
      let operations = 0
      for (let due = 1; ; due++) {
        let over = false
        // What a power cut takes and leaves of unsynced names and bytes is drawn from the seed.
        for (let seed = 1; seed <= (fate === 'kill' ? 1 : 3); seed++) over = (await live(fate, begins, due, seed)).over
        if (over) break
        operations = due
      }
      assert.ok(operations > 40, `${operations} operations`)
    })
  }
}
