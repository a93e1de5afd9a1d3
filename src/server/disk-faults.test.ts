import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kafkaErrors } from '../kafka/errors.ts'
import { createTopics } from '../kafka/schema/create-topics.ts'
import { deleteRecords } from '../kafka/schema/delete-records.ts'
import { produce } from '../kafka/schema/produce.ts'
import { withBroker } from './broker-fixture.ts'
import { batchOf, Known, produceTo } from './kafka-call-fixture.ts'

test('records that cannot be deleted for a failing disk are answered with a storage error', () =>
  withBroker(async (broker) => {
    const topics = [{ name: 'words', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
    await broker.call(createTopics, 7, { topics, timeoutMs: 1000, validateOnly: false })
    await broker.call(produce, 12, produceTo(new Known(), 'words', batchOf(5)))
    for (const path of ['/words-0', 'checkpoint']) {
      broker.node.disk.failNext({ operation: 'write', code: 'EIO', path })
      const answer = await broker.call(deleteRecords, 2, {
        topics: [{ name: 'words', partitions: [{ partitionIndex: 0, offset: path === '/words-0' ? 2 : 3 }] }],
        timeoutMs: 1000,
      })
      assert.equal(answer.topics[0]?.partitions[0]?.errorCode, kafkaErrors.KAFKA_STORAGE_ERROR.code)
    }
    assert.deepEqual(broker.lines('a request failed'), [])
  }))
