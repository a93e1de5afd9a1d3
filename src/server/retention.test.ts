import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kafkaErrors } from '../kafka/errors.ts'
import { createTopics } from '../kafka/schema/create-topics.ts'
import { deleteRecords } from '../kafka/schema/delete-records.ts'
import { fetch } from '../kafka/schema/fetch.ts'
import { incrementalAlterConfigs } from '../kafka/schema/incremental-alter-configs.ts'
import { listOffsets } from '../kafka/schema/list-offsets.ts'
import { produce } from '../kafka/schema/produce.ts'
import { type BrokerFixture, dataFolder, withBroker } from './broker-fixture.ts'
import { batchOf, fetchFrom, Known, produceTo } from './kafka-call-fixture.ts'

const known = new Known()
const oneBatch = batchOf(3).length
const checkMs = 1000
const settings = { 'log.retention.check.interval.ms': `${checkMs}` }

/** A topic of one partition, whose segments hold two batches of three records each. */
async function makeTopic(broker: BrokerFixture, configs: Record<string, string>): Promise<void> {
  const all = { 'internal.segment.bytes': `${2 * oneBatch}`, 'retention.ms': '-1', ...configs }
  const topics = [
    {
      name: 'words',
      numPartitions: 1,
      replicationFactor: 1,
      configs: Object.entries(all).map(([name, value]) => ({ name, value })),
    },
  ]
  const made = await broker.call(createTopics, 7, { topics, timeoutMs: 1000 })
  assert.equal(made.topics[0]?.errorCode, 0)
  known.topicIds.set('words', made.topics[0]?.topicId ?? '')
}

async function write(broker: BrokerFixture, batches: number): Promise<void> {
  for (let i = 0; i < batches; i++) {
    const batch = batchOf(3, {}, broker.node.runtime.clock.nowMs())
    const answer = await broker.call(produce, 12, produceTo(known, 'words', batch))
    assert.equal(answer.responses[0]?.partitionResponses[0]?.errorCode, 0)
  }
}

async function startAndEnd(broker: BrokerFixture): Promise<(number | undefined)[]> {
  const ends: (number | undefined)[] = []
  for (const timestamp of [-2, -1]) {
    const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }]
    const answer = await broker.call(listOffsets, 7, { topics: [{ name: 'words', partitions }], replicaId: -1 })
    ends.push(answer.topics[0]?.partitions[0]?.offset)
  }
  return ends
}

async function files(broker: BrokerFixture, ending: string): Promise<string[]> {
  const entries = await broker.node.runtime.disk.list(`${dataFolder}/words-0`)
  return entries.map(({ name }) => name).filter((name) => name.endsWith(ending))
}

async function alter(broker: BrokerFixture, name: string, value: string): Promise<void> {
  const resources = [{ resourceType: 2, resourceName: 'words', configs: [{ name, configOperation: 0, value }] }]
  const answer = await broker.call(incrementalAlterConfigs, 1, { resources, validateOnly: false })
  assert.equal(answer.responses[0]?.errorCode, 0)
}

test('segments go when they are older than retention.ms, the newest one too, and offsets go on', () =>
  withBroker(
    async (broker) => {
      await makeTopic(broker, { 'retention.ms': '10000', 'file.delete.delay.ms': '3000' })
      await write(broker, 3)
      await broker.sleep(6000)
      await write(broker, 2)
      assert.deepEqual(await startAndEnd(broker), [0, 15])
      await broker.sleep(5000)
      // The second segment has a batch that is still young.
      assert.deepEqual(await startAndEnd(broker), [6, 15])
      assert.equal((await files(broker, '.log.deleted')).length, 1)
      const stale = await broker.call(fetch, 12, fetchFrom(known, 'words', { from: 0 }))
      assert.equal(stale.responses[0]?.partitions[0]?.errorCode, kafkaErrors.OFFSET_OUT_OF_RANGE.code)
      await broker.sleep(20_000)
      assert.deepEqual(await startAndEnd(broker), [15, 15])
      assert.deepEqual(await files(broker, '.deleted'), [])
      assert.deepEqual(await files(broker, '.log'), ['00000000000000000015.log'])
      await broker.fail('power-cut')
      assert.deepEqual(await startAndEnd(broker), [15, 15])
      await write(broker, 1)
      assert.deepEqual(await startAndEnd(broker), [15, 18])
    },
    { settings },
  ))

test('the oldest segments go while the rest still has retention.bytes; the setting may change while the broker runs', () =>
  withBroker(
    async (broker) => {
      await makeTopic(broker, {})
      await write(broker, 9)
      await broker.sleep(2 * checkMs)
      assert.deepEqual(await startAndEnd(broker), [0, 27])
      await alter(broker, 'retention.bytes', `${4 * oneBatch}`)
      await broker.sleep(2 * checkMs)
      assert.deepEqual(await startAndEnd(broker), [12, 27])
      await broker.restart()
      assert.deepEqual(await startAndEnd(broker), [12, 27])
    },
    { settings },
  ))

test('without delete in cleanup.policy nothing goes for its age, but what was deleted does', () =>
  withBroker(
    async (broker) => {
      await makeTopic(broker, { 'cleanup.policy': 'delete' })
      await write(broker, 6)
      const partitions = [{ partitionIndex: 0, offset: 7 }]
      await broker.call(deleteRecords, 2, { topics: [{ name: 'words', partitions }], timeoutMs: 1000 })
      await alter(broker, 'cleanup.policy', 'compact')
      await alter(broker, 'retention.ms', '1')
      await broker.sleep(3 * checkMs)
      assert.deepEqual(await startAndEnd(broker), [7, 18])
      assert.equal((await files(broker, '.log')).length, 2)
    },
    { settings },
  ))

test('a log start that cannot be noted removes no file, and stops no later look', () =>
  withBroker(
    async (broker) => {
      await makeTopic(broker, { 'retention.ms': '5000' })
      await write(broker, 4)
      broker.node.disk.failNext({ operation: 'write', code: 'ENOSPC', path: 'log-start-offset-checkpoint' })
      await broker.sleep(5000 + 1.5 * checkMs)
      assert.equal(broker.lines('new log starts could not be noted').length, 1)
      assert.equal((await files(broker, '.log')).length, 2)
      await broker.sleep(2 * checkMs)
      assert.deepEqual(await files(broker, '.log'), ['00000000000000000012.log'])
    },
    { settings },
  ))
