import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedInput } from '../codec/malformed-input.ts'
import { buildBatch } from '../record/batch-builder.ts'
import { placeBatch } from '../record/batch-header.ts'
import type { Disk } from '../runtime/disk.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { readKafkaMetadata } from './kafka-metadata.ts'

const folder = '/kafka/__cluster_metadata-0'

/** Values of records as Apache Kafka 4.3.1 has written them. */
const recorded = {
  noOp: '01140000',
  brokerConfig: '0104000401146d696e2e696e73796e632e7265706c69636173023100',
  topic: '010200066d6f7665649f1327c5b947420bbc6950e3835e1a2500',
  retention: '01040002066d6f7665640d726574656e74696f6e2e6d73032d3100',
  interval: '01040002066d6f76656415696e6465782e696e74657276616c2e6279746573053130303000',
  partition:
    '010302000000009f1327c5b947420bbc6950e3835e1a2502000000010200000001010100000001000000000000000002ddb8e2c546cdf1386a945b651c69c83800',
  producerIds: '010f0000000001000000000000000f00000000000003e800',
  otherTopic: '010200145f5f7472616e73616374696f6e5f7374617465a0be111455674f9ea2d0d6789b27e8f000',
}
const removed = `010900a0be111455674f9ea2d0d6789b27e8f000`

function batch(baseOffset: number, ...values: string[]): Buffer {
  const bytes = buildBatch(values.map((value) => ({ timestamp: 1, value: Buffer.from(value, 'hex') })))
  placeBatch(bytes, 0, { baseOffset, epoch: 1 })
  return bytes
}

function inFolder(files: Record<string, Buffer>, work: (disk: Disk) => Promise<void>): Promise<void> {
  const world = new SimWorld(1)
  const { disk } = world.node('a').runtime
  const run = async (): Promise<void> => {
    await disk.makeDirectory(folder)
    for (const [name, bytes] of Object.entries(files)) await disk.writeFileAtomic(`${folder}/${name}`, bytes)
    await work(disk)
  }
  return world.complete(run())
}

const firstLog = '00000000000000000000.log'

test('topics, their settings and the next producer id are read as Kafka has written them', () => {
  const { noOp, brokerConfig, topic, retention, interval, partition, producerIds, otherTopic } = recorded
  const log = Buffer.concat([
    batch(0, noOp, brokerConfig),
    batch(2, topic, retention, interval, partition, producerIds),
    batch(7, otherTopic),
    batch(8, removed),
  ])
  return inFolder({ [firstLog]: log }, async (disk) => {
    const metadata = await readKafkaMetadata(disk, folder)
    const configs = new Map([
      ['retention.ms', '-1'],
      ['index.interval.bytes', '1000'],
    ])
    assert.deepEqual(
      [...(metadata?.topics ?? [])],
      [['moved', { id: 'nxMnxblHQgu8aVDjg14aJQ', partitions: 1, configs }]],
    )
    assert.equal(metadata?.nextProducerId, 1000)
  })
})

test('the newest snapshot counts, and of the log what is behind it', () => {
  const { topic, retention, interval, partition } = recorded
  const files = {
    '00000000000000000003-0000000001.checkpoint': batch(0, retention, topic),
    '00000000000000000009-0000000002.checkpoint': batch(0, interval, topic),
    [firstLog]: Buffer.concat([batch(0, topic, retention, partition), batch(9, partition)]),
  }
  return inFolder(files, async (disk) => {
    const topics = (await readKafkaMetadata(disk, folder))?.topics
    assert.deepEqual([...(topics?.get('moved')?.configs ?? [])], [['index.interval.bytes', '1000']])
    assert.equal(topics?.get('moved')?.partitions, 1)
  })
})

test('a folder without a metadata log tells nothing, and records that are no Kafka’s are refused', () =>
  inFolder({ [firstLog]: batch(0, '0002000000') }, async (disk) => {
    assert.equal(await readKafkaMetadata(disk, '/kafka/other'), null)
    await assert.rejects(readKafkaMetadata(disk, folder), MalformedInput)
  }))
