import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { kafkaErrors } from '../kafka/errors.ts'
import { createTopics } from '../kafka/schema/create-topics.ts'
import { describeProducers } from '../kafka/schema/describe-producers.ts'
import { fetch } from '../kafka/schema/fetch.ts'
import { initProducerId } from '../kafka/schema/init-producer-id.ts'
import { listOffsets } from '../kafka/schema/list-offsets.ts'
import { produce } from '../kafka/schema/produce.ts'
import { parseReceipts } from '../receipt/receipts-file.ts'
import type { BatchOptions } from '../record/batch-builder.ts'
import { type BrokerFixture, dataFolder, withBroker } from './broker-fixture.ts'
import { batchOf, corrupt, fetchFrom, Known, produceTo } from './kafka-call-fixture.ts'

const known = new Known()

async function makeTopic(broker: BrokerFixture, name = 'words', configs: Record<string, string> = {}): Promise<void> {
  const { topics } = await broker.call(createTopics, 7, {
    topics: [
      {
        name,
        numPartitions: 1,
        replicationFactor: 1,
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      },
    ],
    timeoutMs: 1000,
  })
  assert.equal(topics[0]?.errorCode, 0)
}

async function write(broker: BrokerFixture, batch: Uint8Array | null, more: { acks?: number; topic?: string } = {}) {
  const { topic = 'words', acks = -1 } = more
  const answer = await broker.call(produce, 12, produceTo(known, topic, batch, { acks }))
  const partition = answer.responses[0]?.partitionResponses[0]
  assert.ok(partition !== undefined)
  return { code: partition.errorCode, offset: partition.baseOffset }
}

async function endOf(broker: BrokerFixture): Promise<number | undefined> {
  const topics = [{ name: 'words', partitions: [{ partitionIndex: 0, timestamp: -1 }] }]
  const answer = await broker.call(listOffsets, 7, { replicaId: -1, topics })
  return answer.topics[0]?.partitions[0]?.offset
}

const by = (id: number, baseSequence: number, epoch = 0): BatchOptions => ({ producer: { id, epoch, baseSequence } })

async function newProducer(broker: BrokerFixture): Promise<number> {
  return (await broker.call(initProducerId, 5, { transactionalId: null, transactionTimeoutMs: 1000 })).producerId
}

describe('a produce', () => {
  test('that no segment has room for is refused, and one that fills a segment is not', () =>
    withBroker(async (broker) => {
      const { length } = batchOf(10)
      await makeTopic(broker, 'words', { 'internal.segment.bytes': `${length}` })
      assert.deepEqual(await write(broker, batchOf(10)), { code: 0, offset: 0 })
      const { code } = kafkaErrors.RECORD_LIST_TOO_LARGE
      assert.deepEqual(await write(broker, batchOf(11)), { code, offset: -1 })
      assert.equal(await endOf(broker), 10)
      // What counts is what would be stored.
      const configs = { 'internal.segment.bytes': `${length}`, 'compression.type': 'gzip' }
      await makeTopic(broker, 'packed', configs)
      assert.deepEqual(await write(broker, batchOf(11), { topic: 'packed' }), { code: 0, offset: 0 })
    }))

  test('that is refused leaves nothing in the log', () =>
    withBroker(async (broker) => {
      await makeTopic(broker, 'words', { 'max.message.bytes': '500' })
      const { code } = kafkaErrors.MESSAGE_TOO_LARGE
      assert.deepEqual(await write(broker, batchOf(60)), { code, offset: -1 })
      assert.equal((await write(broker, corrupt(batchOf(1)))).code, kafkaErrors.CORRUPT_MESSAGE.code)
      assert.equal((await write(broker, null)).code, kafkaErrors.INVALID_RECORD.code)
      assert.equal((await write(broker, batchOf(1), { acks: 5 })).code, kafkaErrors.INVALID_REQUIRED_ACKS.code)
      assert.equal((await write(broker, batchOf(1, { control: true }))).code, kafkaErrors.INVALID_RECORD.code)
      assert.equal(await endOf(broker), 0)
      assert.deepEqual(await write(broker, batchOf(3)), { code: 0, offset: 0 })
    }))

  test('with a transactional id is refused for good, and so is the id itself', () =>
    withBroker(async (broker) => {
      await makeTopic(broker)
      const { code } = kafkaErrors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
      const batch = batchOf(1, { ...by(1, 0), transactional: true })
      const answer = await broker.call(produce, 12, produceTo(known, 'words', batch, { transactionalId: 'mine' }))
      assert.equal(answer.responses[0]?.partitionResponses[0]?.errorCode, code)
      const asked = await broker.call(initProducerId, 5, { transactionalId: 'mine', transactionTimeoutMs: 1000 })
      assert.deepEqual([asked.errorCode, asked.producerId, asked.producerEpoch], [code, -1, -1])
      assert.equal(broker.lines('transactions are not served').length, 1)
    }))

  test('to an internal topic is refused', () =>
    withBroker(async (broker) => {
      await makeTopic(broker, '__consumer_offsets')
      const { code } = await write(broker, batchOf(1), { topic: '__consumer_offsets' })
      assert.equal(code, kafkaErrors.INVALID_TOPIC_EXCEPTION.code)
    }))

  test('with acks=0 is not answered when it works, and closes the connection when it does not', () =>
    withBroker(async (broker) => {
      await makeTopic(broker)
      const client = await broker.connect()
      client.send(produce, 12, produceTo(known, 'words', batchOf(2), { acks: 0 }))
      const after = await client.request(produce, 12, produceTo(known, 'words', batchOf(1)))
      assert.equal(after.responses[0]?.partitionResponses[0]?.baseOffset, 2)
      client.send(produce, 12, produceTo(known, 'nowhere', batchOf(2), { acks: 0 }))
      await client.whenClosed
      assert.equal(broker.lines('a connection is closed').length, 1)
    }))
})

describe('an idempotent producer', () => {
  test('gets the first offset for a duplicate, and is refused a gap', () =>
    withBroker(async (broker) => {
      await makeTopic(broker)
      const id = await newProducer(broker)
      assert.deepEqual(await write(broker, batchOf(2, by(id, 0))), { code: 0, offset: 0 })
      assert.deepEqual(await write(broker, batchOf(3, by(id, 2))), { code: 0, offset: 2 })
      assert.deepEqual(await write(broker, batchOf(2, by(id, 0))), { code: 0, offset: 0 })
      assert.equal((await write(broker, batchOf(1, by(id, 9)))).code, kafkaErrors.OUT_OF_ORDER_SEQUENCE_NUMBER.code)
      assert.equal(await endOf(broker), 5)
    }))

  for (const how of ['a clean stop', 'a kill'] as const) {
    test(`goes on after ${how} where it was: no duplicate, no gap, no older epoch`, () =>
      withBroker(async (broker) => {
        await makeTopic(broker)
        const id = await newProducer(broker)
        await write(broker, batchOf(2, by(id, 0, 1)))
        if (how === 'a kill') await broker.fail('crash')
        else await broker.restart()
        assert.deepEqual(await write(broker, batchOf(2, by(id, 0, 1))), { code: 0, offset: 0 })
        assert.equal(
          (await write(broker, batchOf(1, by(id, 7, 1)))).code,
          kafkaErrors.OUT_OF_ORDER_SEQUENCE_NUMBER.code,
        )
        assert.equal((await write(broker, batchOf(1, by(id, 2, 0)))).code, kafkaErrors.INVALID_PRODUCER_EPOCH.code)
        assert.deepEqual(await write(broker, batchOf(1, by(id, 2, 1))), { code: 0, offset: 2 })
        assert.deepEqual(await write(broker, batchOf(1, by(id, 0, 2))), { code: 0, offset: 3 })
        const asked = { topics: [{ name: 'words', partitionIndexes: [0] }] }
        const described = await broker.call(describeProducers, 0, asked)
        const [producer] = described.topics[0]?.partitions[0]?.activeProducers ?? []
        assert.deepEqual([producer?.producerId, producer?.producerEpoch, producer?.lastSequence], [id, 2, 0])
      }))
  }

  test('never gets an id that another one has had, through stops, kills and power cuts', () =>
    withBroker(async (broker) => {
      const ids: number[] = []
      for (const next of [() => broker.restart(), () => broker.fail('crash'), () => broker.fail('power-cut')]) {
        for (let count = 0; count < 3; count++) ids.push(await newProducer(broker))
        await next()
      }
      ids.push(await newProducer(broker))
      assert.equal(new Set(ids).size, ids.length)
    }))
})

describe('a disk that fails', () => {
  for (const code of ['ENOSPC', 'EIO']) {
    test(`with ${code} answers a storage error, takes nothing more, serves reads, and goes on without a hole once healed`, () =>
      withBroker(async (broker) => {
        await makeTopic(broker)
        await write(broker, batchOf(3))
        broker.node.disk.failNext({ operation: 'write', code, path: '/words-0/', times: Number.POSITIVE_INFINITY })
        assert.equal((await write(broker, batchOf(2))).code, kafkaErrors.KAFKA_STORAGE_ERROR.code)
        broker.node.disk.heal()
        assert.equal((await write(broker, batchOf(2))).code, kafkaErrors.KAFKA_STORAGE_ERROR.code)
        assert.equal((await write(broker, batchOf(2), { acks: 1 })).code, kafkaErrors.KAFKA_STORAGE_ERROR.code)
        const read = await broker.call(fetch, 12, fetchFrom(known, 'words'))
        const partition = read.responses[0]?.partitions[0]
        assert.deepEqual([partition?.errorCode, partition?.highWatermark], [0, 3])
        assert.equal(broker.broker.health().status, 'degraded')
        await broker.restart()
        assert.equal(broker.broker.health().status, 'ok')
        assert.deepEqual(await write(broker, batchOf(2)), { code: 0, offset: 3 })
      }))
  }

  test('under the metadata log makes changes fail in a way that clients try again, while records go on', () =>
    withBroker(async (broker) => {
      await makeTopic(broker)
      broker.node.disk.failNext({ operation: 'write', code: 'EIO', path: '/__cluster_metadata-0/', times: 1000 })
      for (let tries = 0; tries < 2; tries++) {
        const answer = await broker.call(createTopics, 7, {
          topics: [{ name: 'more', numPartitions: 1, replicationFactor: 1 }],
          timeoutMs: 1000,
        })
        assert.equal(answer.topics[0]?.errorCode, kafkaErrors.NOT_CONTROLLER.code)
      }
      assert.deepEqual(await write(broker, batchOf(1)), { code: 0, offset: 0 })
      broker.node.disk.heal()
      await broker.restart()
      await makeTopic(broker, 'more')
    }))

  test('when a topic is made leaves that partition offline and no other', () =>
    withBroker(async (broker) => {
      await makeTopic(broker)
      broker.node.disk.failNext({ operation: 'open', code: 'ENOSPC', path: '/full-0/', times: 1000 })
      await broker.call(createTopics, 7, {
        topics: [{ name: 'full', numPartitions: 1, replicationFactor: 1 }],
        timeoutMs: 1000,
      })
      assert.equal((await write(broker, batchOf(1), { topic: 'full' })).code, kafkaErrors.KAFKA_STORAGE_ERROR.code)
      assert.equal((await write(broker, batchOf(1))).code, 0)
      broker.node.disk.heal()
      await broker.fail('crash')
      assert.equal((await write(broker, batchOf(1), { topic: 'full' })).code, 0)
    }))
})

describe('a start', () => {
  test('with a log that cannot be opened serves the others and says which one is offline', () =>
    withBroker(async (broker) => {
      await makeTopic(broker)
      await makeTopic(broker, 'other')
      await write(broker, batchOf(1))
      await broker.fail('crash', () => {
        broker.node.disk.failNext({
          operation: 'open',
          code: 'EIO',
          path: '/words-0/',
          times: Number.POSITIVE_INFINITY,
        })
      })
      const { code } = kafkaErrors.KAFKA_STORAGE_ERROR
      assert.equal((await write(broker, batchOf(1))).code, code)
      const read = await broker.call(fetch, 12, fetchFrom(known, 'words'))
      assert.equal(read.responses[0]?.partitions[0]?.errorCode, code)
      assert.equal((await write(broker, batchOf(1), { topic: 'other' })).code, 0)
      const { status, reasons } = broker.broker.health()
      assert.equal(status, 'degraded')
      assert.match(reasons.join(), /words-0/)
      broker.node.disk.heal()
      await broker.restart()
      assert.deepEqual(await write(broker, batchOf(1)), { code: 0, offset: 1 })
    }))

  test('after a power cut goes on with one log line and a receipt for each partition that may have lost records', () =>
    withBroker(async (broker) => {
      await makeTopic(broker)
      await makeTopic(broker, 'safe', { 'flush.messages': '1' })
      await write(broker, batchOf(2))
      assert.equal((await write(broker, batchOf(2), { topic: 'safe' })).code, 0)
      await broker.fail('power-cut')
      assert.equal(broker.lines('receipts are written').length, 1)
      const path = `${dataFolder}/trilog-receipts.json`
      const receipts = parseReceipts(Buffer.from(broker.node.disk.peek(path)).toString(), path)
      assert.deepEqual(
        receipts.map(({ topic }) => topic),
        ['words'],
      )
      assert.deepEqual(await write(broker, batchOf(1), { topic: 'safe' }), { code: 0, offset: 2 })
      assert.equal((await write(broker, batchOf(1))).code, 0)
    }))

  test('after a kill needs no receipt, and nothing acknowledged is gone', () =>
    withBroker(async (broker) => {
      await makeTopic(broker)
      await write(broker, batchOf(2))
      await broker.fail('crash')
      assert.deepEqual(broker.lines('receipts are written'), [])
      assert.deepEqual(await write(broker, batchOf(1)), { code: 0, offset: 2 })
    }))

  test('without the folder of a hosted partition begins it empty, with a receipt', () =>
    withBroker(async (broker) => {
      await makeTopic(broker)
      await write(broker, batchOf(2))
      await broker.stop()
      const { disk } = broker.node.restart()
      await disk.removeTree(`${dataFolder}/words-0`)
      await broker.start()
      assert.equal(broker.lines('receipts are written').length, 1)
      assert.deepEqual(await write(broker, batchOf(1)), { code: 0, offset: 0 })
    }))
})
