import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTopics } from '../kafka/schema/create-topics.ts'
import { describeProducers } from '../kafka/schema/describe-producers.ts'
import { fetch } from '../kafka/schema/fetch.ts'
import { listOffsets } from '../kafka/schema/list-offsets.ts'
import { batchesIn } from '../record/record-reader.ts'
import { asBuffer } from '../codec/as-buffer.ts'
import { type BrokerFixture, dataFolder, withBroker } from './broker-fixture.ts'
import { fetchFrom, Known } from './kafka-call-fixture.ts'
import { kafkaPartitionFiles } from './kafka-transactions-fixture.ts'

/** Puts Kafka's files in the place of a topic's own while the broker is down. */
async function takeKafkasFiles(broker: BrokerFixture): Promise<void> {
  await broker.call(createTopics, 7, {
    topics: [{ name: 'words', numPartitions: 1, replicationFactor: 1 }],
    timeoutMs: 1000,
  })
  await broker.stop()
  const { disk } = broker.node.restart()
  const folder = `${dataFolder}/words-0`
  for (const { name } of await disk.list(folder)) {
    if (name !== 'partition.metadata') await disk.remove(`${folder}/${name}`)
  }
  for (const [name, content] of Object.entries(kafkaPartitionFiles)) {
    await disk.writeFileAtomic(`${folder}/${name}`, Buffer.from(content, 'base64'))
  }
  await broker.start()
}

async function read(
  broker: BrokerFixture,
  isolationLevel: number,
  more: { from?: number; partitionMaxBytes?: number } = {},
) {
  const answer = await broker.call(fetch, 12, fetchFrom(new Known(), 'words', { isolationLevel, ...more }))
  const partition = answer.responses[0]?.partitions[0]
  assert.ok(partition !== undefined)
  const batches = [...batchesIn(asBuffer(partition.records ?? Buffer.alloc(0)))]
  return { ...partition, last: batches.at(-1)?.lastOffset, controls: batches.filter((batch) => batch.isControl).length }
}

test('a log with transactions of Kafka is read as Kafka reads it, before and after a kill', () =>
  withBroker(async (broker) => {
    await takeKafkasFiles(broker)
    for (let life = 0; life < 2; life++) {
      const all = await read(broker, 0)
      assert.deepEqual([all.errorCode, all.highWatermark, all.lastStableOffset, all.last], [0, 11, 8, 10])
      assert.equal(all.abortedTransactions, null)
      assert.equal(all.controls, 2)
      const committed = await read(broker, 1)
      assert.deepEqual([committed.highWatermark, committed.lastStableOffset, committed.last], [11, 8, 7])
      assert.deepEqual(
        committed.abortedTransactions?.map(({ firstOffset }) => firstOffset),
        [4],
      )
      const ends = await Promise.all(
        [0, 1].map(async (isolationLevel) => {
          const topics = [{ name: 'words', partitions: [{ partitionIndex: 0, timestamp: -1 }] }]
          const answer = await broker.call(listOffsets, 7, { replicaId: -1, isolationLevel, topics })
          return answer.topics[0]?.partitions[0]?.offset
        }),
      )
      assert.deepEqual(ends, [11, 8])
      const described = await broker.call(describeProducers, 0, { topics: [{ name: 'words', partitionIndexes: [0] }] })
      const starts = described.topics[0]?.partitions[0]?.activeProducers.map((each) => each.currentTxnStartOffset)
      assert.deepEqual(
        starts?.filter((start) => start >= 0),
        [8],
      )
      await broker.fail('crash')
    }
  }))

test('a fetch names the aborted transactions of what it brings, and no others', () =>
  withBroker(async (broker) => {
    await takeKafkasFiles(broker)
    // An answer from memory could be longer than one batch.
    await broker.restart()
    const abortedFrom = async (from: number) => {
      const { last, abortedTransactions } = await read(broker, 1, { from, partitionMaxBytes: 1 })
      return [last, abortedTransactions?.map(({ firstOffset }) => firstOffset)]
    }
    assert.deepEqual(await abortedFrom(0), [0, []])
    assert.deepEqual(await abortedFrom(3), [3, []])
    assert.deepEqual(await abortedFrom(4), [4, [4]])
    assert.deepEqual(await abortedFrom(5), [5, [4]])
    assert.deepEqual(await abortedFrom(7), [7, []])
  }))
