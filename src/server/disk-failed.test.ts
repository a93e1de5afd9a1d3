import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { untilUsable } from './disk-failed.ts'

const mib = 1024 * 1024

/** A disk of so many MiB, all taken; how long it was waited for, in ms. */
async function waited(capacityMib: number, change: (world: SimWorld) => void, isOver = () => false): Promise<number> {
  const world = new SimWorld(1)
  const node = world.node('a')
  const { runtime } = node
  await world.complete(
    (async () => {
      await runtime.disk.makeDirectory('/data')
      const file = await runtime.disk.open('/data/log', 'create')
      await file.truncate(capacityMib * mib)
      node.disk.capacityBytes = capacityMib * mib
    })(),
  )
  const begunMs = world.nowMs
  change(world)
  await world.complete(untilUsable(runtime, '/data', isOver), 600_000)
  return world.nowMs - begunMs
}

describe('a disk that is waited for', () => {
  test('is tried again once 5 % of it are free, or 64 MiB', async () => {
    for (const [capacityMib, freedMib] of [
      [100, 6],
      [4000, 65],
    ] as const) {
      const ms = await waited(capacityMib, (world) => {
        const { disk } = world.node('a')
        world.schedule(5_000, () => disk.names.file('/data/log', 'test').truncate((capacityMib - freedMib / 2) * mib))
        world.schedule(20_000, () => disk.names.file('/data/log', 'test').truncate((capacityMib - freedMib) * mib))
      })
      assert.ok(ms > 20_000 && ms < 60_000, `${ms} ms`)
    }
  })

  test('is not tried again while it takes no file, however much room it tells of', async () => {
    const ms = await waited(100, (world) => {
      const { disk } = world.node('a')
      disk.capacityBytes = Number.POSITIVE_INFINITY
      disk.failNext({ operation: 'write', code: 'EIO', times: 3 })
    })
    assert.ok(ms > 7_000, `${ms} ms`)
  })

  test('is waited for no longer when nobody wants it any more', async () => {
    let isOver = false
    const ms = await waited(
      100,
      (world) => void world.schedule(10_500, () => void (isOver = true)),
      () => isOver,
    )
    assert.ok(ms < 13_000, `${ms} ms`)
  })
})
