import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RequestInputOf } from '../codec/api.ts'
import { kafkaErrors } from '../kafka/errors.ts'
import { createPartitions } from '../kafka/schema/create-partitions.ts'
import { createTopics } from '../kafka/schema/create-topics.ts'
import { deleteTopics } from '../kafka/schema/delete-topics.ts'
import { describeConfigs } from '../kafka/schema/describe-configs.ts'
import { describeTopicPartitions } from '../kafka/schema/describe-topic-partitions.ts'
import { incrementalAlterConfigs } from '../kafka/schema/incremental-alter-configs.ts'
import { metadata } from '../kafka/schema/metadata.ts'
import { produce } from '../kafka/schema/produce.ts'
import { type BrokerFixture, withBroker } from './broker-fixture.ts'
import { batchOf, Known, produceTo } from './kafka-call-fixture.ts'

type NewTopic = NonNullable<NonNullable<RequestInputOf<typeof createTopics>['topics']>[number]>

async function create(broker: BrokerFixture, topic: NewTopic, validateOnly = false) {
  const topics = [{ numPartitions: 1, replicationFactor: 1, ...topic }]
  const answer = (await broker.call(createTopics, 7, { topics, timeoutMs: 1000, validateOnly })).topics[0]
  assert.ok(answer !== undefined)
  return answer
}

async function describeTopic(broker: BrokerFixture, name: string, allowAutoTopicCreation = false) {
  const answer = (await broker.call(metadata, 13, { topics: [{ name }], allowAutoTopicCreation })).topics[0]
  assert.ok(answer !== undefined)
  return answer
}

async function remove(broker: BrokerFixture, name: string): Promise<number | undefined> {
  return (await broker.call(deleteTopics, 5, { topicNames: [name], timeoutMs: 1000 })).responses[0]?.errorCode
}

async function write(
  broker: BrokerFixture,
  topic: string,
  index = 0,
): Promise<[number | undefined, number | undefined]> {
  const answer = await broker.call(produce, 12, produceTo(new Known(), topic, batchOf(2), { index }))
  const partition = answer.responses[0]?.partitionResponses[0]
  return [partition?.errorCode, partition?.baseOffset]
}

describe('making topics', () => {
  test('takes -1 for the defaults of the broker, and every partition can be written to at once', () =>
    withBroker(
      async (broker) => {
        const made = await create(broker, { name: 'words', numPartitions: -1, replicationFactor: -1 })
        assert.deepEqual([made.errorCode, made.numPartitions, made.replicationFactor], [0, 5, 1])
        for (let index = 0; index < 5; index++) assert.deepEqual(await write(broker, 'words', index), [0, 0])
      },
      { settings: { 'num.partitions': '5' } },
    ))

  test('that only checks makes nothing', () =>
    withBroker(async (broker) => {
      assert.equal((await create(broker, { name: 'words' }, true)).errorCode, 0)
      const { code } = kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION
      assert.equal((await describeTopic(broker, 'words')).errorCode, code)
    }))

  test('refuses the name of the metadata log, whose folder it would share', () =>
    withBroker(async (broker) => {
      const { code } = kafkaErrors.INVALID_REQUEST
      assert.equal((await create(broker, { name: '__cluster_metadata' })).errorCode, code)
      assert.notEqual((await describeTopic(broker, '__cluster_metadata', true)).errorCode, 0)
      assert.equal((await create(broker, { name: 'words' })).errorCode, 0)
    }))

  test('happens by asking for one, where broker and client both want that', () =>
    withBroker(async (broker) => {
      const { code } = kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION
      assert.equal((await describeTopic(broker, 'wanted', false)).errorCode, code)
      assert.equal((await describeTopic(broker, 'wanted', true)).errorCode, 0)
      assert.deepEqual(await write(broker, 'wanted'), [0, 0])
      assert.equal((await describeTopic(broker, 'no way', true)).errorCode, kafkaErrors.INVALID_TOPIC_EXCEPTION.code)
    }))

  test('does not happen by asking where the broker does not want that', () =>
    withBroker(
      async (broker) => {
        const { code } = kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION
        assert.equal((await describeTopic(broker, 'wanted', true)).errorCode, code)
      },
      { settings: { 'auto.create.topics.enable': 'false' } },
    ))

  test('of many at once answers each, whatever becomes of the others', () =>
    withBroker(async (broker) => {
      const topics = ['a', 'b c', 'd', 'd'].map((name) => ({ name, numPartitions: 1, replicationFactor: 1 }))
      const answer = await broker.call(createTopics, 7, { topics, timeoutMs: 1000 })
      const codes = answer.topics.map(({ name, errorCode }) => [name, errorCode])
      assert.deepEqual(codes, [
        ['a', 0],
        ['b c', kafkaErrors.INVALID_TOPIC_EXCEPTION.code],
        ['d', kafkaErrors.INVALID_REQUEST.code],
      ])
    }))
})

describe('topics', () => {
  test('keep their ids, partitions and settings through stops and kills, and every start raises their epochs', () =>
    withBroker(async (broker) => {
      const { topicId } = await create(broker, {
        name: 'words',
        numPartitions: 2,
        configs: [{ name: 'retention.ms', value: '4444' }],
      })
      const added = { topics: [{ name: 'words', count: 3, assignments: null }], timeoutMs: 1000 }
      assert.equal((await broker.call(createPartitions, 3, added)).results[0]?.errorCode, 0)
      assert.deepEqual(await write(broker, 'words', 2), [0, 0])
      let starts = 0
      for (const again of [() => broker.restart(), () => broker.fail('crash'), () => broker.fail('power-cut')]) {
        await again()
        starts += 1
        const topic = await describeTopic(broker, 'words')
        assert.equal(topic.topicId, topicId)
        assert.deepEqual(
          topic.partitions.map(({ leaderEpoch }) => leaderEpoch),
          [starts, starts, starts],
        )
        const resources = [{ resourceType: 2, resourceName: 'words', configurationKeys: ['retention.ms'] }]
        const { results } = await broker.call(describeConfigs, 4, { resources })
        assert.deepEqual([results[0]?.configs[0]?.value, results[0]?.configs[0]?.configSource], ['4444', 1])
      }
    }))

  for (const how of ['at once', 'after a kill'] as const) {
    test(`made again under the name of a deleted one, ${how}, have a new id and none of the old records`, () =>
      withBroker(async (broker) => {
        const before = await create(broker, { name: 'words', configs: [{ name: 'retention.ms', value: '1' }] })
        await write(broker, 'words')
        assert.equal(await remove(broker, 'words'), 0)
        assert.equal(await remove(broker, 'words'), kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code)
        if (how === 'after a kill') await broker.fail('crash')
        const after = await create(broker, { name: 'words' })
        assert.equal(after.errorCode, 0)
        assert.notEqual(after.topicId, before.topicId)
        assert.deepEqual(await write(broker, 'words'), [0, 0])
        await broker.fail('crash')
        assert.equal((await describeTopic(broker, 'words')).topicId, after.topicId)
        assert.deepEqual(await write(broker, 'words'), [0, 2])
      }))
  }

  test('stay deleted when the broker is killed while it deletes them', () =>
    withBroker(async (broker) => {
      for (let delayMs = 0; delayMs < 12; delayMs++) {
        await create(broker, { name: 'words', numPartitions: 3 })
        await write(broker, 'words')
        const client = await broker.connect()
        const gone = client.request(deleteTopics, 5, { topicNames: ['words'], timeoutMs: 1000 }).catch(() => null)
        await broker.sleep(delayMs / 4)
        await broker.fail('crash')
        await gone
        await remove(broker, 'words')
        assert.equal((await create(broker, { name: 'words', numPartitions: 3 })).errorCode, 0)
        assert.deepEqual(await write(broker, 'words'), [0, 0])
        await remove(broker, 'words')
      }
    }))

  test('are told page by page, each partition once', () =>
    withBroker(async (broker) => {
      for (const name of ['b', 'a', 'c']) await create(broker, { name, numPartitions: 3 })
      const seen: string[] = []
      let cursor: { topicName: string; partitionIndex: number } | null = null
      for (let pages = 0; pages < 10; pages++) {
        const request: RequestInputOf<typeof describeTopicPartitions> = {
          topics: [],
          responsePartitionLimit: 2,
          cursor,
        }
        const answer = await broker.call(describeTopicPartitions, 0, request)
        for (const { name, partitions } of answer.topics) {
          for (const { partitionIndex } of partitions) seen.push(`${name}${partitionIndex}`)
        }
        cursor = answer.nextCursor
        if (cursor === null) break
      }
      assert.deepEqual(seen, ['a0', 'a1', 'a2', 'b0', 'b1', 'b2', 'c0', 'c1', 'c2'])
    }))

  test('follow a setting that changes: smaller batches are asked for from the next one on', () =>
    withBroker(async (broker) => {
      await create(broker, { name: 'words' })
      assert.deepEqual(await write(broker, 'words'), [0, 0])
      const change = async (configOperation: number, value: string | null) => {
        const configs = [{ name: 'max.message.bytes', configOperation, value }]
        const resources = [{ resourceType: 2, resourceName: 'words', configs }]
        return (await broker.call(incrementalAlterConfigs, 1, { resources })).responses[0]?.errorCode
      }
      assert.equal(await change(0, '80'), 0)
      assert.deepEqual(await write(broker, 'words'), [kafkaErrors.MESSAGE_TOO_LARGE.code, -1])
      assert.equal(await change(0, 'many'), kafkaErrors.INVALID_CONFIG.code)
      assert.equal(await change(1, null), 0)
      assert.deepEqual(await write(broker, 'words'), [0, 2])
    }))
})
