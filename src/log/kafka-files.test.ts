import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { readCleanMark, writeCleanMark } from './clean-shutdown.ts'
import { batchOf, openTestLog } from './log-fixture.ts'
import { readPartitionMetadata, writePartitionMetadata } from './partition-metadata.ts'

const node = () => {
  const world = new SimWorld(1)
  const machine = world.node('a')
  const text = (path: string): string => Buffer.from(machine.disk.peek(path)).toString()
  return { world, machine, text }
}

test('leader-epoch-checkpoint is what Kafka would write', async () => {
  const { world, machine, text } = node()
  await world.complete(
    (async () => {
      const { log } = await openTestLog(machine.runtime)
      log.append(batchOf(['a', 'b']), 3)
      await log.flush()
      log.append(batchOf(['c']), 5)
      await log.flush()
      assert.equal(text('data/t-0/leader-epoch-checkpoint'), '0\n2\n3 0\n5 2\n')
      await log.close()
    })(),
  )
})

test('partition.metadata is what Kafka would write, and is read with either line end', async () => {
  const { world, machine, text } = node()
  const { disk } = machine.runtime
  const topicId = 'cJ4iTpBVQ9-xL2fNIm-h2A'
  await world.complete(
    (async () => {
      await disk.makeDirectory('data/t-0')
      assert.deepEqual(await readPartitionMetadata(disk, 'data/t-0'), { state: 'missing' })
      await writePartitionMetadata(disk, 'data/t-0', topicId)
      assert.equal(text('data/t-0/partition.metadata'), `version: 0\ntopic_id: ${topicId}`)
      assert.deepEqual(await readPartitionMetadata(disk, 'data/t-0'), { state: 'whole', topicId })
      await disk.writeFileAtomic('data/t-0/partition.metadata', Buffer.from(`version: 0\r\ntopic_id: ${topicId}\r\n`))
      assert.deepEqual(await readPartitionMetadata(disk, 'data/t-0'), { state: 'whole', topicId })
      for (const damaged of ['', `version: 1\ntopic_id: ${topicId}`, 'version: 0\ntopic_id: x']) {
        await disk.writeFileAtomic('data/t-0/partition.metadata', Buffer.from(damaged))
        assert.deepEqual(await readPartitionMetadata(disk, 'data/t-0'), { state: 'damaged' }, damaged)
      }
    })(),
  )
})

test('the mark of a clean stop is what Kafka would write, and garbage in its place is no mark', async () => {
  const { world, machine, text } = node()
  const { disk } = machine.runtime
  await world.complete(
    (async () => {
      await disk.makeDirectory('data')
      assert.equal(await readCleanMark(disk, 'data'), null)
      await writeCleanMark(disk, 'data', { brokerEpoch: 42 })
      assert.equal(text('data/.kafka_cleanshutdown'), '{"version":0,"brokerEpoch":42}')
      assert.deepEqual(await readCleanMark(disk, 'data'), { brokerEpoch: 42 })
      for (const garbage of ['', '{', '{"version":1,"brokerEpoch":42}', '{"version":0}', 'null']) {
        await disk.writeFileAtomic('data/.kafka_cleanshutdown', Buffer.from(garbage))
        assert.equal(await readCleanMark(disk, 'data'), null, garbage)
      }
    })(),
  )
})
