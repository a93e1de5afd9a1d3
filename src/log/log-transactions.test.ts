import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildBatch } from '../record/batch-builder.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import type { Log } from './log.ts'
import { openTestLog, testSettings, validated } from './log-fixture.ts'

const producer = (id: number, baseSequence: number) => ({ id, epoch: 0, baseSequence })

/** Transactional data of a producer, as its client sends it. */
function data(id: number, sequence: number) {
  return validated(
    buildBatch([{ timestamp: 1, value: Buffer.from('v') }], { producer: producer(id, sequence), transactional: true }),
  )
}

/** The marker that a transaction coordinator writes. */
function marker(id: number, type: 'commit' | 'abort') {
  const record = { timestamp: 1, key: Buffer.from([0, 0, 0, type === 'commit' ? 1 : 0]), value: Buffer.alloc(6) }
  return validated(buildBatch([record], { producer: producer(id, -1), transactional: true, control: true }))
}

function assertAborts(log: Log): void {
  assert.equal(log.lastStableOffset(8), 6)
  assert.deepEqual(ids(log, 0, 8), [1, 2])
  assert.deepEqual(ids(log, 3, 8), [2])
  assert.deepEqual(ids(log, 0, 1), [1])
}

const ids = (log: Log, from: number, upTo: number) =>
  log.abortedTransactions(from, upTo).map(({ producerId }) => producerId)

test('the last stable offset and aborted transactions are the same before and after every kind of restart', async () => {
  const world = new SimWorld(1)
  const { runtime } = world.node('a')
  const settings = { ...testSettings, segmentBytes: 250 }
  await world.complete(
    (async () => {
      const { log } = await openTestLog(runtime, { settings })
      assert.equal(log.lastStableOffset(0), 0)
      for (const batch of [data(1, 0), data(2, 0), marker(1, 'abort'), data(3, 0)]) log.append(batch, 0)
      assert.equal(log.lastStableOffset(4), 1)
      for (const batch of [marker(2, 'abort'), marker(3, 'commit'), data(1, 1), data(3, 1)]) log.append(batch, 0)
      assert.ok(log.segments().length > 2)
      assertAborts(log)
      await log.close()
      const clean = await openTestLog(runtime, { settings })
      assertAborts(clean.log)
      await clean.log.close()
      const unclean = await openTestLog(runtime, { settings, clean: false })
      assertAborts(unclean.log)
      await unclean.log.truncateTo(4)
      assert.equal(unclean.log.lastStableOffset(4), 1)
      assert.deepEqual(ids(unclean.log, 0, 4), [1])
      await unclean.log.close()
    })(),
  )
})
