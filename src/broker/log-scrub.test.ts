import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, openTestLog, testSettings } from '../log/log-fixture.ts'
import type { Replica } from '../replica/replica.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { LogScrub } from './log-scrub.ts'

const mib = 1024 * 1024

test('a scrub finds damage in every log, and reads no faster than it may', async () => {
  const world = new SimWorld(4)
  const node = world.node('a')
  await world.complete(
    (async () => {
      const opened = await Promise.all(
        ['data/t-0', 'data/t-1'].map((directory) =>
          openTestLog(node.runtime, { directory, settings: { ...testSettings, segmentBytes: 2 * mib } }),
        ),
      )
      for (const { log } of opened) {
        for (let i = 0; i < 60; i++) {
          log.append(batchOf(['x'.repeat(50_000)]), 1)
          if (i % 10 === 0) await log.flush()
        }
        await log.flush()
        node.disk.flipBit(`${log === opened[0]?.log ? 'data/t-0' : 'data/t-1'}/00000000000000000000.log`, mib)
      }
      const replicas = opened.map(({ log }, partition) => ({ topic: 't', partition, log }) as unknown as Replica)
      const parts = { ...node.runtime, replicas: () => replicas, bytesPerSecond: () => mib }
      const scrub = new LogScrub(parts)
      const begunMs = world.nowMs
      await scrub.round()
      assert.deepEqual(
        opened.map(({ seen }) => seen.damage.length),
        [1, 1],
      )
      const readBytes = 6_000_000
      assert.ok(world.nowMs - begunMs > (readBytes / mib) * 1000 * 0.6, `${world.nowMs - begunMs} ms`)
      scrub.stop()
      await scrub.round()
    })(),
    120_000,
  )
})

test('a log that cannot be read does not keep the others from being checked', async () => {
  const world = new SimWorld(5)
  const node = world.node('a')
  await world.complete(
    (async () => {
      const opened = await Promise.all(
        ['data/t-0', 'data/t-1'].map((directory) => openTestLog(node.runtime, { directory })),
      )
      for (const { log } of opened) {
        log.append(batchOf(['value', 'another']), 1)
        await log.flush()
      }
      node.disk.failNext({ operation: 'read', code: 'EIO', path: 'data/t-0' })
      node.disk.flipBit('data/t-1/00000000000000000000.log', 65)
      const replicas = opened.map(({ log }, partition) => ({ topic: 't', partition, log }) as unknown as Replica)
      await new LogScrub({ ...node.runtime, replicas: () => replicas, bytesPerSecond: () => mib }).round()
      assert.deepEqual(
        opened.map(({ seen, log }) => [seen.damage.length, log.fault]),
        [
          [0, null],
          [1, null],
        ],
      )
    })(),
  )
})
