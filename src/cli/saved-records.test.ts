import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appendControl, appendToQueue, openCommitLog, testQueues } from '../log/queues/commit-log-fixture.ts'
import { readAll } from '../log/log-fixture.ts'
import { countCut } from '../receipt/count-cut.ts'
import type { Receipt } from '../receipt/receipt.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { savedRecords } from './saved-records.ts'

test('what is cut of a commit log is counted by its records, and saved with the queues that they were of', async () => {
  const world = new SimWorld(3)
  const [first, , other] = testQueues
  assert.ok(first !== undefined && other !== undefined)
  const saved: unknown[] = []
  const count = await world.complete(
    (async () => {
      const log = await openCommitLog(world.node('broker').runtime)
      appendToQueue(log, first, { texts: ['a'], epoch: 1 })
      appendControl(log, 1)
      appendToQueue(log, first, { texts: ['b', 'c'], epoch: 1 })
      appendToQueue(log, other, { texts: ['d'], epoch: 1 })
      await log.flush()
      const bytes = await readAll(log, 1)
      const pieces = (async function* () {
        for (let at = 0; at < bytes.length; at += 50) yield await Promise.resolve(bytes.subarray(at, at + 50))
      })()
      for await (const line of savedRecords(pieces, { topic: 'g', partition: -1 } as Receipt, () => {})) {
        const { topic, partition, offset, value } = JSON.parse(line) as Record<string, unknown>
        saved.push([topic, partition, offset, value])
      }
      return await countCut(log, 1)
    })(),
  )
  assert.deepEqual(saved, [
    [first.topicId, 0, 1, 'b'],
    [first.topicId, 0, 2, 'c'],
    [other.topicId, 0, 0, 'd'],
  ])
  const { from, records, producers, isControlOnly } = count
  assert.deepEqual(
    { from, records, producers, isControlOnly },
    { from: 1, records: 3, producers: [], isControlOnly: false },
  )
})
