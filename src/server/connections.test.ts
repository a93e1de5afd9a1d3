import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { encodeRequest } from '../codec/api.ts'
import { Reader } from '../codec/reader.ts'
import { kafkaErrors } from '../kafka/errors.ts'
import { apiVersions } from '../kafka/schema/api-versions.ts'
import { createTopics } from '../kafka/schema/create-topics.ts'
import { fetch } from '../kafka/schema/fetch.ts'
import { incrementalAlterConfigs } from '../kafka/schema/incremental-alter-configs.ts'
import { metadata } from '../kafka/schema/metadata.ts'
import { produce } from '../kafka/schema/produce.ts'
import { buildBatch } from '../record/batch-builder.ts'
import { type BrokerFixture, withBroker } from './broker-fixture.ts'
import { batchOf, fetchFrom, Known, produceTo, recordTime } from './kafka-call-fixture.ts'

const known = new Known()

async function makeTopic(broker: BrokerFixture): Promise<void> {
  const topics = [{ name: 'words', numPartitions: 1, replicationFactor: 1 }]
  await broker.call(createTopics, 7, { topics, timeoutMs: 1000 })
}

const wholeTopic = { topics: [{ name: 'words' }] }

/** Someone else, who must not notice anything. */
async function assertServed(broker: BrokerFixture): Promise<void> {
  const other = await broker.connect()
  assert.equal((await other.request(metadata, 12, wholeTopic)).topics[0]?.errorCode, 0)
  other.close()
}

function framed(content: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(content.length)
  return Buffer.concat([length, content])
}

function header(apiKey: number, version: number, correlationId: number): Buffer {
  const bytes = Buffer.alloc(10)
  bytes.writeInt16BE(apiKey, 0)
  bytes.writeInt16BE(version, 2)
  bytes.writeInt32BE(correlationId, 4)
  bytes.writeInt16BE(-1, 8)
  return bytes
}

describe('a connection', () => {
  test('gets its answers in the order of its requests, however long each takes', () =>
    withBroker(async (broker) => {
      await makeTopic(broker)
      const client = await broker.connect()
      const order: string[] = []
      const note = (name: string) => () => void order.push(name)
      const waits = { ...fetchFrom(known, 'words'), maxWaitMs: 500 }
      await Promise.all([
        client.request(produce, 12, produceTo(known, 'words', batchOf(1))).then(note('produce')),
        client.request(fetch, 12, { ...waits, minBytes: 10_000 }).then(note('fetch')),
        client.request(metadata, 12, wholeTopic).then(note('metadata')),
        client.request(apiVersions, 0, {}).then(note('versions')),
      ])
      assert.deepEqual(order, ['produce', 'fetch', 'metadata', 'versions'])
    }))

  test('may have many produces under way, which keep their order in the log', () =>
    withBroker(async (broker) => {
      await makeTopic(broker)
      const client = await broker.connect()
      const asked = Array.from({ length: 20 }, () => client.request(produce, 12, produceTo(known, 'words', batchOf(1))))
      const answers = await Promise.all(asked)
      const offsets = answers.map(({ responses }) => responses[0]?.partitionResponses[0]?.baseOffset)
      assert.deepEqual(offsets, [...offsets.keys()])
    }))

  for (const [what, bytes] of [
    ['a length below zero', Buffer.from([0xff, 0xff, 0xff, 0xff])],
    ['a length beyond the largest frame', Buffer.from([0x7f, 0xff, 0xff, 0xff])],
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\nHost: broker\r\n\r\n')],
    ['a frame too short for a header', framed(Buffer.from([0, 3]))],
    ['an API that is not served', framed(header(24, 0, 1))],
    ['a version that is not served', framed(header(metadata.key, 99, 1))],
    ['a body that ends early', framed(Buffer.concat([header(metadata.key, 1, 1), Buffer.from([0, 0, 0, 9])]))],
  ] as const) {
    test(`that sends ${what} is closed with one log line, and nobody else notices`, () =>
      withBroker(async (broker) => {
        await makeTopic(broker)
        const client = await broker.connect()
        client.write(bytes)
        await client.whenClosed
        assert.equal(broker.lines('a connection is closed').length, 1)
        await assertServed(broker)
      }))
  }

  test('that has bytes behind a request in its frame is answered, and its next request, too', () =>
    withBroker(async (broker) => {
      const client = await broker.connect()
      client.write(framed(Buffer.concat([header(apiVersions.key, 0, 1), Buffer.alloc(5)])))
      client.write(framed(header(apiVersions.key, 0, 2)))
      for (const correlationId of [1, 2]) {
        const reader = new Reader((await client.frame(correlationId)).subarray(4))
        assert.equal(reader.int16(), kafkaErrors.NONE.code)
      }
      assert.equal(broker.lines('a connection is closed').length, 0)
    }))

  test('of a client that is too new is told in the oldest form what there is', () =>
    withBroker(async (broker) => {
      const client = await broker.connect()
      client.write(framed(header(apiVersions.key, 77, 42)))
      const reader = new Reader((await client.frame(42)).subarray(4))
      assert.equal(reader.int16(), kafkaErrors.UNSUPPORTED_VERSION.code)
      const apis = new Map<number, [number, number]>()
      for (let left = reader.int32(); left > 0; left--) apis.set(reader.int16(), [reader.int16(), reader.int16()])
      assert.equal(reader.remaining, 0)
      assert.deepEqual(apis.get(apiVersions.key), [0, 4])
      assert.deepEqual(apis.get(produce.key), [0, 13])
      for (const transactional of [24, 25, 26, 28]) assert.equal(apis.has(transactional), false)
    }))

  test('is understood however its bytes are cut', () =>
    withBroker(async (broker) => {
      await makeTopic(broker)
      const property = fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), async (cuts) => {
        const client = await broker.connect()
        const requests = [1, 2, 3].map((correlationId) =>
          Buffer.concat(encodeRequest(metadata, { version: 12, correlationId, clientId: 'x' }, wholeTopic)),
        )
        const bytes = Buffer.concat(requests)
        const answers = [1, 2, 3].map((correlationId) => client.frame(correlationId))
        for (let at = 0, turn = 0; at < bytes.length; turn++) {
          const size = cuts[turn % cuts.length] ?? 1
          client.write(bytes.subarray(at, at + size))
          at += size
          await broker.sleep(1)
        }
        const [one, ...others] = await Promise.all(answers)
        for (const other of others) assert.deepEqual(other.subarray(4), one?.subarray(4))
        client.close()
      })
      await fc.assert(property, { numRuns: 30 })
    }))

  test('that reads no answers is not read from any more, and takes no more than its bound', () =>
    withBroker(
      async (broker) => {
        await makeTopic(broker)
        const value = Buffer.alloc(500_000, 'x')
        const batch = buildBatch([{ timestamp: recordTime, value }])
        await broker.call(produce, 12, produceTo(known, 'words', batch))
        const client = await broker.connect()
        client.stopReading()
        const asked = Array.from({ length: 40 }, () => client.request(fetch, 12, fetchFrom(known, 'words')))
        await broker.sleep(60_000)
        await assertServed(broker)
        client.readAgain()
        for (const answer of await Promise.all(asked)) {
          assert.equal(answer.responses[0]?.partitions[0]?.records?.length, batch.length)
        }
      },
      { settings: { 'connection.unsent.max.bytes': '1000000' } },
    ))

  test('beyond the most there may be waits until another is closed', () =>
    withBroker(
      async (broker) => {
        const [first, second, third] = [await broker.connect(), await broker.connect(), await broker.connect()]
        let answered = false
        const asked = third.request(apiVersions, 0, {}).finally(() => (answered = true))
        for (const client of [first, second]) assert.equal((await client.request(apiVersions, 0, {})).errorCode, 0)
        await broker.sleep(5_000)
        assert.equal(answered, false)
        first.close()
        const begun = broker.world.nowMs
        assert.equal((await asked).errorCode, 0)
        assert.ok(broker.world.nowMs - begun < 100)
      },
      { settings: { 'max.connections': '2' } },
    ))

  test('of an address that has as many as it may is closed at once, and told of in one line for all', () =>
    withBroker(
      async (broker) => {
        const first = await broker.connect()
        for (let nth = 0; nth < 3; nth++) await (await broker.connect()).whenClosed
        await broker.sleep(2_000)
        const [line, ...others] = broker.lines('turned away: there may be no more of their address')
        assert.equal(line?.facts['connections'], 3)
        assert.equal(others.length, 0)
        assert.equal((await first.request(apiVersions, 0, {})).errorCode, 0)
        first.close()
        await broker.sleep(100)
        assert.equal((await (await broker.connect()).request(apiVersions, 0, {})).errorCode, 0)
      },
      { settings: { 'max.connections.per.ip': '1' } },
    ))

  test('is bounded by limits that change while the broker runs; the silent ones go first', () =>
    withBroker(async (broker) => {
      const set = async (name: string, value: string): Promise<void> => {
        const configs = [{ name, configOperation: 0, value }]
        const resources = [{ resourceType: 4, resourceName: '', configs }]
        const answer = await broker.call(incrementalAlterConfigs, 1, { resources })
        assert.equal(answer.responses[0]?.errorCode, 0)
      }
      const [silent, used] = [await broker.connect(), await broker.connect()]
      await broker.sleep(1_000)
      await used.request(apiVersions, 0, {})
      await set('max.connections', '2')
      await silent.whenClosed
      assert.equal((await used.request(apiVersions, 0, {})).errorCode, 0)
      await set('max.connections', '10')
      await set('max.connections.per.ip', '1')
      await (await broker.connect()).whenClosed
      await set('max.connections.per.ip.overrides', `${used.address}:3`)
      const third = await broker.connect()
      assert.equal((await third.request(apiVersions, 0, {})).errorCode, 0)
    }))

  test('that comes faster than they may waits', () =>
    withBroker(
      async (broker) => {
        const begun = broker.world.nowMs
        for (let nth = 0; nth < 12; nth++) {
          const client = await broker.connect()
          await client.request(apiVersions, 0, {})
          client.close()
        }
        // Those of ten seconds may come at once.
        assert.ok(broker.world.nowMs - begun > 1_500)
      },
      { settings: { 'max.connection.creation.rate': '1' } },
    ))

  test('whose client has vanished without a word is closed when it has been silent for too long', () =>
    withBroker(
      async (broker) => {
        const vanished = await broker.connect()
        await vanished.request(apiVersions, 0, {})
        broker.world.network.block('client', 'broker')
        await broker.sleep(25_000)
        broker.world.network.unblock('client', 'broker')
        // There may be one: the new one waits as long as the other counts.
        assert.equal((await (await broker.connect()).request(apiVersions, 0, {})).errorCode, 0)
      },
      { settings: { 'connections.max.idle.ms': '10000', 'max.connections': '1' } },
    ))

  test('whose client has gone is let go while its fetch waits, also with more requests behind it', () =>
    withBroker(
      async (broker) => {
        await makeTopic(broker)
        const client = await broker.connect()
        const waits = { ...fetchFrom(known, 'words'), maxWaitMs: 600_000 }
        for (let nth = 0; nth < 3; nth++) client.request(fetch, 12, waits).catch(() => {})
        await broker.sleep(100)
        client.close()
        await broker.sleep(100)
        // There is room for one besides the one that the topic was made by.
        const next = await broker.connect()
        assert.equal((await next.request(apiVersions, 0, {})).errorCode, 0)
      },
      { settings: { 'max.connections': '2' } },
    ))

  test('that says nothing for long is closed, and one that waits for an answer is not', () =>
    withBroker(
      async (broker) => {
        await makeTopic(broker)
        const idle = await broker.connect()
        const waiting = await broker.connect()
        const asked = waiting.request(fetch, 12, { ...fetchFrom(known, 'words'), maxWaitMs: 60_000 })
        await idle.whenClosed
        assert.ok(broker.world.nowMs < 30_000)
        assert.equal((await asked).errorCode, 0)
      },
      { settings: { 'connections.max.idle.ms': '10000' } },
    ))

  test('that waits when the broker stops still gets its answer', () =>
    withBroker(async (broker) => {
      await makeTopic(broker)
      const client = await broker.connect()
      const asked = client.request(fetch, 12, { ...fetchFrom(known, 'words'), maxWaitMs: 1000 })
      await broker.sleep(10)
      const stopped = broker.stop()
      assert.equal((await asked).errorCode, 0)
      await stopped
      await client.whenClosed
    }))
})
