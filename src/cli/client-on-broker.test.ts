import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CompressionType } from '../codec/compression.ts'
import { alterTopicConfigs, describeTopicConfigs } from '../client/configs.ts'
import type { ConsumedRecord } from '../client/consumed-record.ts'
import { Consumer, type ConsumerOptions } from '../client/consumer.ts'
import {
  commitOffsets,
  committedOffsets,
  deleteGroup,
  deleteOffsets,
  describeGroup,
  listAllGroups,
} from '../client/groups.ts'
import { KafkaClient } from '../client/kafka-client.ts'
import { Cancelled, KafkaError } from '../client/kafka-error.ts'
import { findOffsets } from '../client/offsets.ts'
import { Producer } from '../client/producer.ts'
import { addPartitions, createTopic, deleteRecordsBelow, deleteTopic } from '../client/topics.ts'
import { type BrokerFixture, withBroker } from '../server/broker-fixture.ts'

/** Trilog's own client on a real broker, both in virtual time. */
function withClient(run: (client: KafkaClient, broker: BrokerFixture) => Promise<void>): Promise<void> {
  return withBroker(async (broker) => {
    const client = clientOf(broker, 'client')
    try {
      await run(client, broker)
    } finally {
      client.close()
    }
  })
}

function clientOf(broker: BrokerFixture, node: string): KafkaClient {
  const { runtime } = broker.world.node(node)
  return new KafkaClient({ runtime, bootstrap: [{ host: 'broker', port: 9092 }], requestTimeoutMs: 5_000 })
}

async function produceNumbers(
  client: KafkaClient,
  count: number,
  compression: CompressionType = 'none',
): Promise<void> {
  const producer = new Producer(client, { compression, batchBytesMax: 2_000 })
  const sent = Array.from({ length: count }, (_, index) =>
    producer.send({
      topic: 't',
      key: Buffer.from(`k${index % 10}`),
      value: Buffer.from(`${compression} ${index}`),
      headers: [{ key: 'h', value: Buffer.from('v') }],
    }),
  )
  await Promise.all([...sent, producer.close()])
}

async function readAll(client: KafkaClient, count: number): Promise<ConsumedRecord[]> {
  const consumer = new Consumer(client)
  await consumer.assign([0, 1, 2].map((partition) => ({ topic: 't', partition, from: 'earliest' as const })))
  const records: ConsumedRecord[] = []
  for await (const record of consumer) if (records.push(record) === count) break
  await consumer.close()
  return records
}

/** Per key, in the order in which they were consumed. */
function valuesByKey(records: readonly ConsumedRecord[]): Map<string, string[]> {
  const values = new Map<string, string[]>()
  for (const { key, value } of records) {
    values.set(`${key}`, [...(values.get(`${key}`) ?? []), `${value}`])
  }
  return values
}

test('what is produced is consumed, in order per key, in every compression', () =>
  withClient(async (client) => {
    await createTopic(client, { name: 't', partitions: 3 })
    const types = ['none', 'gzip', 'snappy', 'lz4'] as const
    for (const type of types) await produceNumbers(client, 300, type)
    const records = await readAll(client, 1_200)
    for (const [key, values] of valuesByKey(records)) {
      const expected = types.flatMap((type) =>
        Array.from({ length: 30 }, (_, index) => `${type} ${index * 10 + Number(key.slice(1))}`),
      )
      assert.deepEqual(values, expected, key)
    }
    assert.deepEqual(records[0]?.headers, [{ key: 'h', value: Buffer.from('v') }])
  }))

test('a producer goes on through a kill of the broker, without loss, duplicate or disorder', () =>
  withClient(async (client, broker) => {
    await createTopic(client, { name: 't', partitions: 3 })
    const producer = new Producer(client, { batchBytesMax: 500, lingerMs: 1 })
    const sent: Promise<unknown>[] = []
    for (let index = 0; index < 400; index++) {
      sent.push(producer.send({ topic: 't', key: Buffer.from(`k${index % 10}`), value: Buffer.from(`${index}`) }))
      if (index % 20 === 19) await broker.sleep(3)
      if (index === 150) await broker.fail('crash')
      if (index === 300) await broker.restart()
    }
    await Promise.all(sent)
    await producer.close()
    const records = await readAll(client, 400)
    for (const [key, values] of valuesByKey(records)) {
      assert.deepEqual(
        values,
        Array.from({ length: 40 }, (_, index) => `${index * 10 + Number(key.slice(1))}`),
      )
    }
  }))

test('two members share the partitions, and the one that stays gets them all, from where they stand', () =>
  withClient(async (client, broker) => {
    await createTopic(client, { name: 't', partitions: 3 })
    await produceNumbers(client, 200)
    const owned = new Map<string, number[]>()
    const member = (name: string): { consumer: Consumer; client: KafkaClient } => {
      const own = clientOf(broker, name)
      const options: ConsumerOptions = {
        groupId: 'g',
        startAt: 'earliest',
        heartbeatMs: 200,
        onAssigned: (partitions) =>
          void owned.set(
            name,
            partitions.map(({ partition }) => partition),
          ),
      }
      const consumer = new Consumer(own, options)
      consumer.subscribe(['t'])
      return { consumer, client: own }
    }
    const seen = new Set<string>()
    const take = async ({ consumer }: { consumer: Consumer }): Promise<void> => {
      for (const { partition, offset } of await consumer.poll({ timeoutMs: 300 })) seen.add(`${partition}@${offset}`)
    }
    const one = member('one')
    while (seen.size < 50) await take(one)
    const two = member('two')
    while (seen.size < 200 || owned.get('two') === undefined || owned.get('one')?.length === 3) {
      await Promise.all([take(one), take(two)])
    }
    assert.deepEqual(new Set([...(owned.get('one') ?? []), ...(owned.get('two') ?? [])]), new Set([0, 1, 2]))
    assert.equal((owned.get('one')?.length ?? 0) + (owned.get('two')?.length ?? 0), 3)
    const group = await describeGroup(client, 'g')
    assert.equal(group.state, 'Stable')
    assert.equal(group.members.length, 2)
    await two.consumer.close()
    while (owned.get('one')?.length !== 3) await take(one)
    await one.consumer.close()
    const ends = await findOffsets(
      client,
      [0, 1, 2].map((partition) => ({ topic: 't', partition, at: 'latest' as const })),
    )
    const committed = await committedOffsets(client, 'g', null)
    assert.deepEqual(
      new Map(committed.map(({ partition, offset }) => [partition, offset])),
      new Map(ends.map(({ partition, offset }) => [partition, offset])),
    )
    const again = member('three')
    assert.deepEqual(await again.consumer.poll({ timeoutMs: 2_000 }), [])
    for (const { consumer, client: own } of [one, two, again]) {
      await consumer.close()
      own.close()
    }
  }))

test('a consumer waits for news without asking twice, and is cancelled at once', () =>
  withClient(async (client, broker) => {
    await createTopic(client, { name: 't', partitions: 1 })
    const consumer = new Consumer(client, { maxWaitMs: 30_000 })
    await consumer.assign([{ topic: 't', partition: 0, from: 'latest' }])
    const tail = consumer.poll({ timeoutMs: 20_000 })
    await broker.sleep(10_000)
    const producer = new Producer(client)
    await producer.send({ topic: 't', value: Buffer.from('x') })
    assert.equal(`${(await tail)[0]?.value}`, 'x')
    const cancel = new AbortController()
    const waiting = consumer.poll({ timeoutMs: 20_000, signal: cancel.signal })
    cancel.abort()
    await assert.rejects(waiting, Cancelled)
    await producer.close()
    await consumer.close()
  }))

test('offsets by time, seeking, and an offset that is gone', () =>
  withClient(async (client) => {
    await createTopic(client, { name: 't', partitions: 1 })
    const producer = new Producer(client, { batchBytesMax: 1 })
    const now = client.runtime.clock.nowMs()
    for (let index = 0; index < 10; index++) {
      await producer.send({ topic: 't', value: Buffer.from(`${index}`), timestamp: now + index * 1_000 })
    }
    await producer.close()
    const at = { topic: 't', partition: 0 }
    const find = async (query: number | 'max-timestamp') =>
      (await findOffsets(client, [{ ...at, at: query }]))[0]?.offset
    assert.equal(await find(now + 3_500), 4)
    assert.equal(await find(now + 60_000), -1)
    assert.equal(await find('max-timestamp'), 9)
    const consumer = new Consumer(client, { startAt: 'earliest' })
    await consumer.assign([{ ...at, from: { time: now + 3_500 } }])
    assert.equal(`${(await consumer.poll({ timeoutMs: 5_000 }))[0]?.value}`, '4')
    assert.equal(await deleteRecordsBelow(client, { ...at, offset: 6 }), 6)
    consumer.seek(at, 2)
    assert.equal(`${(await consumer.poll({ timeoutMs: 5_000 }))[0]?.value}`, '6')
    const strict = new Consumer(client)
    await strict.assign([{ ...at, from: 10 }])
    assert.deepEqual(await strict.poll({ timeoutMs: 1_000 }), [])
    assert.ok(strict.hasFetched(at, 10))
    await strict.close()
    await consumer.close()
  }))

test('topics, settings and groups are made, shown, changed and deleted, and refusals have names', () =>
  withClient(async (client) => {
    await createTopic(client, { name: 't', partitions: 2, configs: { 'retention.ms': '1000' } })
    const refused = (name: string) => (error: unknown) => error instanceof KafkaError && error.codeName === name
    await assert.rejects(createTopic(client, { name: 't' }), refused('TOPIC_ALREADY_EXISTS'))
    await assert.rejects(createTopic(client, { name: 'a/b' }), refused('INVALID_TOPIC_EXCEPTION'))
    await alterTopicConfigs(client, 't', { set: { 'segment.ms': '5000' }, remove: ['retention.ms'] })
    const own = (await describeTopicConfigs(client, 't')).filter(({ configSource }) => configSource === 1)
    assert.deepEqual(
      own.map(({ name, value }) => [name, value]),
      [['segment.ms', '5000']],
    )
    await assert.rejects(
      alterTopicConfigs(client, 't', { set: { nothing: '1' }, remove: [] }),
      refused('INVALID_CONFIG'),
    )
    await addPartitions(client, 't', 4)
    assert.equal((await client.topic('t')).partitions.length, 4)
    await assert.rejects(addPartitions(client, 't', 2), refused('INVALID_PARTITIONS'))
    await commitOffsets(client, 'g', [
      { topic: 't', partition: 0, offset: 5 },
      { topic: 't', partition: 1, offset: 7 },
    ])
    await deleteOffsets(client, 'g', [{ topic: 't', partition: 0 }])
    assert.deepEqual(
      (await committedOffsets(client, 'g', null)).map(({ partition, offset }) => [partition, offset]),
      [[1, 7]],
    )
    assert.deepEqual(
      (await listAllGroups(client)).map(({ groupId, state }) => [groupId, state]),
      [['g', 'Empty']],
    )
    await deleteGroup(client, 'g')
    await assert.rejects(deleteGroup(client, 'g'), refused('GROUP_ID_NOT_FOUND'))
    await deleteTopic(client, 't')
    await assert.rejects(deleteTopic(client, 't'), /there is no topic t/)
  }))
