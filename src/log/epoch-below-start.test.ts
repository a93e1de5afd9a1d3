import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { batchOf, openTestLog } from './log-fixture.ts'

async function inWorld(run: (log: Awaited<ReturnType<typeof openTestLog>>['log']) => Promise<void>): Promise<void> {
  const world = new SimWorld(1)
  const { runtime } = world.node('a')
  await world.complete((async () => run((await openTestLog(runtime)).log))())
}

describe('a log that begins behind a snapshot', () => {
  test('ends with the epoch of the snapshot while it is empty, and knows no other', () =>
    inWorld(async (log) => {
      log.append(batchOf(['a', 'b']), 2)
      await log.restartAt(50, 7)
      assert.deepEqual([log.logStartOffset, log.logEndOffset, log.lastEpoch, log.epochs.below], [50, 50, 7, 7])
      assert.deepEqual(log.epochs.endOffsetFor(7, 50), { epoch: 7, endOffset: 50 })
      assert.deepEqual(log.epochs.endOffsetFor(3, 50), { epoch: 3, endOffset: 50 })
      assert.equal(log.epochs.endOffsetFor(8, 50), null)
      assert.throws(() => log.append(batchOf(['older']), 6))
    }))

  test('notes the same epoch as its own with the first batch', () =>
    inWorld(async (log) => {
      await log.restartAt(50, 7)
      log.append(batchOf(['c']), 7)
      assert.deepEqual(log.epochs.entries, [{ epoch: 7, startOffset: 50 }])
      log.append(batchOf(['d']), 9)
      assert.deepEqual([log.lastEpoch, log.epochs.below], [9, 7])
    }))

  test('knows the epoch below a start that was moved up, until nothing tells of it', () =>
    inWorld(async (log) => {
      log.append(batchOf(['a']), 2)
      log.append(batchOf(['b']), 3)
      log.moveLogStart(1, 2)
      assert.equal(log.epochs.below, 2)
      log.moveLogStart(1)
      assert.equal(log.epochs.below, 2)
      log.moveLogStart(2)
      assert.equal(log.epochs.below, -1)
      await log.restartAt(9)
      assert.deepEqual([log.lastEpoch, log.epochs.below], [-1, -1])
    }))
})
