import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTopics } from '../kafka/schema/create-topics.ts'
import { metadata } from '../kafka/schema/metadata.ts'
import { withBroker } from './broker-fixture.ts'

test('a topic that is still being made when the grace of a stop is over does not break the stop', () =>
  withBroker(async (broker) => {
    // So slow that the request outlives its connection.
    broker.node.disk.slowness = 3000
    const topics = [{ name: 'words', numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] }]
    const asked = broker.call(createTopics, 7, { topics, timeoutMs: 1000, validateOnly: false })
    const answer = assert.rejects(asked)
    await broker.sleep(10)
    await broker.stop()
    await answer
    assert.equal(broker.node.exitCode, null)
    broker.node.disk.slowness = 1
    broker.node.restart()
    await broker.start()
    const found = await broker.call(metadata, 12, { topics: null, allowAutoTopicCreation: false })
    assert.deepEqual(
      found.topics.map(({ name, partitions }) => [name, partitions.length]),
      [['words', 3]],
    )
  }))
