import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compressionTypes, prepareCodec } from '../codec/compression.ts'
import { kafkaErrors } from '../kafka/errors.ts'
import { createTopics } from '../kafka/schema/create-topics.ts'
import { fetch } from '../kafka/schema/fetch.ts'
import { incrementalAlterConfigs } from '../kafka/schema/incremental-alter-configs.ts'
import { produce } from '../kafka/schema/produce.ts'
import { buildCompressedBatch } from '../record/batch-builder.ts'
import { sealBatch } from '../record/batch-crc.ts'
import { batchesIn, readRecords } from '../record/record-reader.ts'
import { type BrokerFixture, withBroker } from './broker-fixture.ts'
import { batchOf, fetchFrom, Known, produceTo } from './kafka-call-fixture.ts'

const known = new Known()

async function makeTopic(broker: BrokerFixture, configs: Record<string, string>): Promise<void> {
  const named = Object.entries(configs).map(([name, value]) => ({ name, value }))
  const topics = [{ name: 'words', numPartitions: 1, replicationFactor: 1, configs: named }]
  assert.equal((await broker.call(createTopics, 7, { topics, timeoutMs: 1000 })).topics[0]?.errorCode, 0)
}

async function write(broker: BrokerFixture, batch: Buffer, version = 12) {
  const answer = await broker.call(produce, version, produceTo(known, 'words', batch))
  const partition = answer.responses[0]?.partitionResponses[0]
  assert.ok(partition !== undefined)
  return partition
}

async function stored(broker: BrokerFixture) {
  const answer = await broker.call(fetch, 12, fetchFrom(known, 'words'))
  const bytes = answer.responses[0]?.partitions[0]?.records ?? Buffer.alloc(0)
  return [...batchesIn(Buffer.from(bytes))]
}

async function alter(broker: BrokerFixture, name: string, value: string): Promise<void> {
  const resources = [{ resourceType: 2, resourceName: 'words', configs: [{ name, configOperation: 0, value }] }]
  const answer = await broker.call(incrementalAlterConfigs, 1, { resources, validateOnly: false })
  assert.equal(answer.responses[0]?.errorCode, 0)
}

test('compression.type says how batches are stored, whatever they came in, and may change while the broker runs', async () => {
  await prepareCodec('zstd')
  await withBroker(async (broker) => {
    await makeTopic(broker, { 'compression.type': 'gzip' })
    const records = Array.from({ length: 3 }, (_, i) => ({
      timestamp: broker.node.runtime.clock.nowMs() + i,
      key: Buffer.from(`k${i}`),
      value: Buffer.from(`v${i}`),
    }))
    let sent = 0
    const wanted: string[] = []
    for (const asked of ['gzip', 'uncompressed', 'snappy', 'lz4', 'zstd', 'producer']) {
      await alter(broker, 'compression.type', asked)
      for (const own of compressionTypes) {
        const { errorCode, baseOffset } = await write(broker, await buildCompressedBatch(records, own))
        assert.deepEqual([errorCode, baseOffset], [0, 3 * sent++])
        wanted.push(asked === 'producer' ? own : asked === 'uncompressed' ? 'none' : asked)
      }
    }
    const batches = await stored(broker)
    assert.deepEqual(
      batches.map(({ codec }) => compressionTypes[codec]),
      wanted,
    )
    for (const [nth, batch] of batches.entries()) {
      const read = await readRecords(batch)
      assert.deepEqual(
        read.map(({ offset, timestamp, key, value }) => ({ offset, timestamp, key, value })),
        records.map((record, i) => ({ ...record, offset: 3 * nth + i })),
      )
    }
  })
})

test('LogAppendTime is the time of the broker, in the batch and in the answer, in any compression', () =>
  withBroker(async (broker) => {
    await makeTopic(broker, { 'message.timestamp.type': 'LogAppendTime', 'compression.type': 'gzip' })
    const before = broker.node.runtime.clock.nowMs()
    const { errorCode, logAppendTimeMs } = await write(broker, batchOf(3))
    assert.equal(errorCode, 0)
    assert.ok(logAppendTimeMs >= before && logAppendTimeMs <= broker.node.runtime.clock.nowMs())
    const [batch] = await stored(broker)
    assert.ok(batch !== undefined)
    assert.deepEqual(
      [batch.codec, batch.timestampType, batch.maxTimestamp],
      [compressionTypes.indexOf('gzip'), 'LogAppendTime', logAppendTimeMs],
    )
    for (const { timestamp } of await readRecords(batch)) assert.equal(timestamp, logAppendTimeMs)
    const stamped = batchOf(1)
    stamped.writeInt16BE(8, 21)
    sealBatch(stamped, 0)
    assert.equal((await write(broker, stamped)).errorCode, kafkaErrors.INVALID_TIMESTAMP.code)
  }))

test('a compacted topic takes no record without a key, and says which they are', () =>
  withBroker(async (broker) => {
    await makeTopic(broker, { 'cleanup.policy': 'compact' })
    const timestamp = broker.node.runtime.clock.nowMs()
    const records = ['a', null, '', null].map((key) => ({ timestamp, key: key === null ? null : Buffer.from(key) }))
    for (const codec of ['none', 'gzip'] as const) {
      const refused = await write(broker, await buildCompressedBatch(records, codec))
      assert.equal(refused.errorCode, kafkaErrors.INVALID_RECORD.code)
      assert.deepEqual(
        refused.recordErrors.map(({ batchIndex }) => batchIndex),
        [1, 3],
      )
    }
    const keyed = records.filter(({ key }) => key !== null)
    assert.equal((await write(broker, await buildCompressedBatch(keyed, 'gzip'))).errorCode, 0)
    await alter(broker, 'cleanup.policy', 'delete')
    assert.equal((await write(broker, await buildCompressedBatch(records, 'gzip'))).errorCode, 0)
  }))

test('zstd comes from producers that know it only', async () => {
  await prepareCodec('zstd')
  await withBroker(async (broker) => {
    await makeTopic(broker, {})
    const batch = await buildCompressedBatch([{ timestamp: broker.node.runtime.clock.nowMs() }], 'zstd')
    assert.equal((await write(broker, batch, 6)).errorCode, kafkaErrors.UNSUPPORTED_COMPRESSION_TYPE.code)
    assert.equal((await write(broker, batch, 7)).errorCode, 0)
  })
})
