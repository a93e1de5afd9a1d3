import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kafkaErrors } from '../kafka/errors.ts'
import { createTopics } from '../kafka/schema/create-topics.ts'
import { deleteRecords } from '../kafka/schema/delete-records.ts'
import { listOffsets } from '../kafka/schema/list-offsets.ts'
import { produce } from '../kafka/schema/produce.ts'
import { withBroker } from './broker-fixture.ts'
import { batchOf, Known, produceTo } from './kafka-call-fixture.ts'

test('records that cannot be deleted for a failing disk are answered with a storage error', () =>
  withBroker(async (broker) => {
    const topics = [{ name: 'words', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
    await broker.call(createTopics, 7, { topics, timeoutMs: 1000, validateOnly: false })
    await broker.call(produce, 12, produceTo(new Known(), 'words', batchOf(5)))
    const remove = async () => {
      const partitions = [{ partitionIndex: 0, offset: 3 }]
      const answer = await broker.call(deleteRecords, 2, { topics: [{ name: 'words', partitions }], timeoutMs: 1000 })
      return answer.topics[0]?.partitions[0]?.errorCode
    }
    broker.node.disk.failNext({ operation: 'write', code: 'EIO', path: 'checkpoint' })
    assert.equal(await remove(), kafkaErrors.KAFKA_STORAGE_ERROR.code)
    assert.deepEqual(broker.lines('a request failed'), [])
    // Asking again makes the new start durable.
    assert.equal(await remove(), kafkaErrors.NONE.code)
    await broker.fail('power-cut')
    const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -2 }]
    const found = await broker.call(listOffsets, 7, { topics: [{ name: 'words', partitions }], replicaId: -1 })
    assert.equal(found.topics[0]?.partitions[0]?.offset, 3)
  }))
