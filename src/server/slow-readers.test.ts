import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ResponseOf } from '../codec/api.ts'
import { createTopics } from '../kafka/schema/create-topics.ts'
import { fetch } from '../kafka/schema/fetch.ts'
import { metadata } from '../kafka/schema/metadata.ts'
import { produce } from '../kafka/schema/produce.ts'
import { buildBatch } from '../record/batch-builder.ts'
import { type BrokerFixture, type RawConnection, withBroker } from './broker-fixture.ts'
import { fetchFrom, Known, produceTo, recordTime } from './kafka-call-fixture.ts'

const mib = 1_048_576
const settings = {
  // So that records are read from the disk, and not from the memory of the newest.
  'log.tail.memory.max.bytes': String(mib),
  'queued.max.response.bytes': String(8 * mib),
  'connection.unsent.max.ms': '20000',
}
const batches = 40
const known = new Known()

/** A topic with 20 MB, of which all but the last have left the memory. */
async function fill(broker: BrokerFixture): Promise<void> {
  const made = await broker.call(createTopics, 7, {
    topics: [{ name: 'words', numPartitions: 1, replicationFactor: 1 }],
    timeoutMs: 1000,
  })
  known.topicIds.set('words', made.topics[0]?.topicId ?? '')
  for (let nth = 0; nth < batches; nth++) {
    const batch = buildBatch([{ timestamp: recordTime, value: Buffer.alloc(nth === 0 ? 10 : 500_000, 'x') }])
    await broker.call(produce, 12, produceTo(known, 'words', batch))
  }
}

/** The first batch is small; each of the others is larger than what a connection may always hold. */
function fetchAll(bytes: number, fetchOffset = 0) {
  const body = fetchFrom(known, 'words')
  return {
    ...body,
    maxBytes: bytes,
    topics: [{ topic: 'words', partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: bytes }] }],
  }
}

const recordBytes = (answer: ResponseOf<typeof fetch>): number =>
  answer.responses[0]?.partitions[0]?.records?.length ?? 0

/** Clients that ask for much and read nothing. */
async function greedy(broker: BrokerFixture, count: number, fetchOffset = 0): Promise<RawConnection[]> {
  const clients: RawConnection[] = []
  for (let nth = 0; nth < count; nth++) {
    const client = await broker.connect()
    client.stopReading()
    for (let asked = 0; asked < 4; asked++) client.request(fetch, 12, fetchAll(50 * mib, fetchOffset)).catch(() => {})
    clients.push(client)
  }
  return clients
}

describe('clients that do not take their answers', () => {
  test('get less the more they hold together, and others are served small answers all along', () =>
    withBroker(
      async (broker) => {
        await fill(broker)
        await greedy(broker, 40)
        const good = await broker.connect()
        for (let nth = 0; nth < 20; nth++) {
          const begun = broker.world.nowMs
          assert.ok(recordBytes(await good.request(fetch, 12, fetchAll(1000))) > 0)
          await good.request(metadata, 12, { topics: [{ name: 'words' }] })
          assert.ok(broker.world.nowMs - begun < 100)
          await broker.sleep(50)
        }
      },
      { settings },
    ))

  test('are closed, the longest first, when another needs the memory that they hold', () =>
    withBroker(
      async (broker) => {
        await fill(broker)
        const holders = await greedy(broker, 40, 1)
        await broker.sleep(500)
        const good = await broker.connect()
        const begun = broker.world.nowMs
        assert.ok(recordBytes(await good.request(fetch, 12, fetchAll(2 * mib, 1))) > 0)
        assert.ok(broker.world.nowMs - begun < 3_000)
        // Who reads nothing does not hear either that the other side has closed.
        for (const holder of holders) holder.readAgain()
        await broker.sleep(1_000)
        assert.ok(holders.some(({ closed }) => closed))
        assert.ok(broker.lines('others need the memory').length > 0)
      },
      { settings },
    ))

  test('are closed after the longest time in any case', () =>
    withBroker(
      async (broker) => {
        await fill(broker)
        const [client] = await greedy(broker, 1)
        await broker.sleep(15_000)
        assert.equal(client?.closed, false)
        await broker.sleep(30_000)
        // Who reads nothing does not hear either that the other side has closed.
        client?.readAgain()
        await broker.sleep(1_000)
        assert.equal(client?.closed, true)
        assert.equal(broker.lines('have not taken their answers in time').length, 1)
      },
      { settings },
    ))

  test('hold nothing once they are gone', () =>
    withBroker(
      async (broker) => {
        await fill(broker)
        for (const client of await greedy(broker, 40)) client.close()
        await broker.sleep(1000)
        const good = await broker.connect()
        assert.ok(recordBytes(await good.request(fetch, 12, fetchAll(4 * mib))) >= 500_000)
        assert.equal(broker.lines('others need the memory').length, 0)
      },
      { settings },
    ))
})
