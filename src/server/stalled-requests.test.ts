import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createTopics } from '../kafka/schema/create-topics.ts'
import { produce } from '../kafka/schema/produce.ts'
import { buildBatch } from '../record/batch-builder.ts'
import { type BrokerFixture, type RawConnection, withBroker } from './broker-fixture.ts'
import { Known, produceTo, recordTime } from './kafka-call-fixture.ts'

const mib = 1_048_576
const settings = { 'queued.max.request.bytes': String(8 * mib), 'connection.stalled.max.ms': '20000' }
const known = new Known()
const batch = buildBatch([{ timestamp: recordTime, value: Buffer.alloc(500_000, 'x') }])

async function makeTopic(broker: BrokerFixture): Promise<void> {
  const topics = [{ name: 'words', numPartitions: 1, replicationFactor: 1 }]
  const made = await broker.call(createTopics, 7, { topics, timeoutMs: 1000 })
  known.topicIds.set('words', made.topics[0]?.topicId ?? '')
}

/** Clients that announce much and send little of it. */
async function stalled(broker: BrokerFixture, count: number, sent: number): Promise<RawConnection[]> {
  const clients: RawConnection[] = []
  for (let nth = 0; nth < count; nth++) {
    const client = await broker.connect()
    const bytes = Buffer.alloc(4 + sent)
    bytes.writeInt32BE(50 * mib)
    client.write(bytes)
    clients.push(client)
  }
  await broker.sleep(500)
  return clients
}

describe('clients whose requests do not come to an end', () => {
  test('hold no more than they have sent, and others with large requests are served', () =>
    withBroker(
      async (broker) => {
        await makeTopic(broker)
        await stalled(broker, 200, 10)
        const begun = broker.world.nowMs
        await broker.call(produce, 12, produceTo(known, 'words', batch))
        assert.ok(broker.world.nowMs - begun < 3_000)
      },
      { settings },
    ))

  test('are closed, the slowest first, when another needs the memory that they hold', () =>
    withBroker(
      async (broker) => {
        await makeTopic(broker)
        const holders = await stalled(broker, 40, 200_000)
        const begun = broker.world.nowMs
        await broker.call(produce, 12, produceTo(known, 'words', batch))
        assert.ok(broker.world.nowMs - begun < 4_000)
        assert.ok(holders.some(({ closed }) => closed))
        assert.ok(broker.lines('requests that do not come to an end').length > 0)
      },
      { settings },
    ))

  test('are closed after the longest time in any case, but not while bytes come', () =>
    withBroker(
      async (broker) => {
        await makeTopic(broker)
        const [silent, slow] = await stalled(broker, 2, 1_000)
        for (let second = 0; second < 50; second++) {
          slow?.write(Buffer.alloc(10))
          await broker.sleep(1_000)
        }
        assert.deepEqual([silent?.closed, slow?.closed], [true, false])
        assert.equal(broker.lines('nothing more of it').length, 1)
      },
      { settings },
    ))

  test('that wait for one another’s memory all come to an end but for some that must come again', () =>
    withBroker(
      async (broker) => {
        await makeTopic(broker)
        const large = buildBatch([{ timestamp: recordTime, value: Buffer.alloc(900_000, 'y') }])
        const asked = await Promise.all(
          Array.from({ length: 12 }, async () => {
            const client = await broker.connect()
            return client.request(produce, 12, produceTo(known, 'words', large)).then(
              () => true,
              () => false,
            )
          }),
        )
        assert.ok(asked.filter(Boolean).length >= 4, `${asked.filter(Boolean).length} of 12 were served`)
      },
      { settings: { ...settings, 'queued.max.request.bytes': String(4 * mib) } },
    ))
})
