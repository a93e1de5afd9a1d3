import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTopics } from '../kafka/schema/create-topics.ts'
import { fetch } from '../kafka/schema/fetch.ts'
import { incrementalAlterConfigs } from '../kafka/schema/incremental-alter-configs.ts'
import { listOffsets } from '../kafka/schema/list-offsets.ts'
import { offsetCommit } from '../kafka/schema/offset-commit.ts'
import { offsetFetch } from '../kafka/schema/offset-fetch.ts'
import { findCoordinator } from '../kafka/schema/find-coordinator.ts'
import { produce } from '../kafka/schema/produce.ts'
import { buildBatch } from '../record/batch-builder.ts'
import { batchesIn, readRecords } from '../record/record-reader.ts'
import { type BrokerFixture, dataFolder, withBroker } from './broker-fixture.ts'
import { fetchFrom, Known, produceTo } from './kafka-call-fixture.ts'

const known = new Known()
const settings = { 'log.cleaner.backoff.ms': '500', 'log.retention.check.interval.ms': '1000' }

async function makeTopic(broker: BrokerFixture, configs: Record<string, string>): Promise<void> {
  const all = {
    'cleanup.policy': 'compact',
    'internal.segment.bytes': '300',
    'file.delete.delay.ms': '0',
    'min.cleanable.dirty.ratio': '0.01',
    ...configs,
  }
  const named = Object.entries(all).map(([name, value]) => ({ name, value }))
  const topics = [{ name: 'words', numPartitions: 1, replicationFactor: 1, configs: named }]
  assert.equal((await broker.call(createTopics, 7, { topics, timeoutMs: 1000 })).topics[0]?.errorCode, 0)
}

/** One batch of records `key=value`; `key=` is a tombstone. */
async function write(broker: BrokerFixture, ...texts: string[]): Promise<void> {
  const timestamp = broker.node.runtime.clock.nowMs()
  const records = texts.map((text) => {
    const [key = '', value = ''] = text.split('=')
    return { timestamp, key: Buffer.from(key), value: value === '' ? null : Buffer.from(value) }
  })
  const answer = await broker.call(produce, 12, produceTo(known, 'words', buildBatch(records)))
  assert.equal(answer.responses[0]?.partitionResponses[0]?.errorCode, 0)
}

/** Fills the newest segment up, so that those before it may be compacted. */
async function fill(broker: BrokerFixture): Promise<void> {
  for (let i = 0; i < 3; i++) await write(broker, `fill${i}=${'x'.repeat(200)}`)
}

async function read(broker: BrokerFixture, from = 0): Promise<string[]> {
  const texts: string[] = []
  for (let next = from; ; ) {
    const answer = await broker.call(fetch, 12, fetchFrom(known, 'words', { from: next }))
    const partition = answer.responses[0]?.partitions[0]
    assert.equal(partition?.errorCode, 0)
    const batches = [...batchesIn(Buffer.from(partition.records ?? []))]
    if (batches.length === 0) return texts.filter((text) => !text.includes('fill'))
    for (const batch of batches) {
      for (const { offset, key, value } of await readRecords(batch)) texts.push(`${offset} ${key}=${value ?? ''}`)
      next = batch.nextOffset
    }
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

async function alter(broker: BrokerFixture, resource: { type: number; name: string }, name: string, value: string) {
  const configs = [{ name, configOperation: 0, value }]
  const resources = [{ resourceType: resource.type, resourceName: resource.name, configs }]
  const answer = await broker.call(incrementalAlterConfigs, 1, { resources, validateOnly: false })
  assert.equal(answer.responses[0]?.errorCode, 0)
}

const words = { type: 2, name: 'words' }

test('a compacted topic keeps the last record of each key, at its offset; tombstones go after delete.retention.ms', () =>
  withBroker(
    async (broker) => {
      await makeTopic(broker, { 'delete.retention.ms': '10000' })
      await write(broker, 'a=1', 'b=1', 'c=1')
      await write(broker, 'a=2', 'd=1')
      await write(broker, 'b=', 'd=2')
      await fill(broker)
      await broker.sleep(2000)
      const kept = ['2 c=1', '3 a=2', '5 b=', '6 d=2']
      assert.deepEqual(await read(broker), kept)
      assert.deepEqual(await startAndEnd(broker), [0, 10])
      await broker.fail('power-cut')
      assert.deepEqual(await read(broker), kept)
      await write(broker, 'd=3')
      await fill(broker)
      await broker.sleep(2000)
      assert.deepEqual(await read(broker), ['2 c=1', '3 a=2', '5 b=', '10 d=3'])
      await broker.sleep(10_000)
      // Looked at again only when there is something new to be compacted.
      await write(broker, 'c=2')
      await fill(broker)
      await broker.sleep(2000)
      assert.deepEqual(await read(broker), ['3 a=2', '10 d=3', '14 c=2'])
      await broker.restart()
      assert.deepEqual(await read(broker), ['3 a=2', '10 d=3', '14 c=2'])
      assert.deepEqual(broker.lines('an invariant'), [])
    },
    { settings },
  ))

test('what is noted in cleaner-offset-checkpoint is not compacted anew after a restart, and a new topic of that name begins anew', () =>
  withBroker(
    async (broker) => {
      await makeTopic(broker, {})
      await write(broker, 'a=1')
      await write(broker, 'a=2')
      await fill(broker)
      await broker.sleep(2000)
      const compacted = () => broker.lines('a log was compacted').length
      assert.equal(compacted(), 1)
      const noted = Buffer.from(await broker.node.runtime.disk.readFile(`${dataFolder}/cleaner-offset-checkpoint`))
      assert.equal(`${noted}`, '0\n1\nwords 0 4\n')
      await broker.fail('crash')
      await broker.sleep(2000)
      assert.equal(compacted(), 1)
    },
    { settings },
  ))

test('when it is compacted is for min.cleanable.dirty.ratio and the lags to say, also while the broker runs', () =>
  withBroker(
    async (broker) => {
      await makeTopic(broker, { 'min.compaction.lag.ms': '60000', 'min.cleanable.dirty.ratio': '1.0' })
      await write(broker, 'a=1')
      await write(broker, 'a=2')
      await fill(broker)
      await broker.sleep(5000)
      assert.deepEqual(await read(broker), ['0 a=1', '1 a=2'])
      await alter(broker, words, 'min.compaction.lag.ms', '0')
      await broker.sleep(5000)
      assert.deepEqual(await read(broker), ['0 a=1', '1 a=2'])
      await alter(broker, words, 'max.compaction.lag.ms', '8000')
      await broker.sleep(5000)
      assert.deepEqual(await read(broker), ['1 a=2'])
      await alter(broker, words, 'max.compaction.lag.ms', '86400000')
      await write(broker, 'a=3')
      await fill(broker)
      await broker.sleep(2000)
      assert.deepEqual(await read(broker), ['1 a=2', '5 a=3'])
      await alter(broker, words, 'min.cleanable.dirty.ratio', '0.1')
      await broker.sleep(2000)
      assert.deepEqual(await read(broker), ['5 a=3'])
    },
    { settings },
  ))

test('compact,delete does both; with delete alone nothing is compacted any more, and gaps are no damage', () =>
  withBroker(
    async (broker) => {
      await makeTopic(broker, { 'cleanup.policy': 'compact,delete', 'retention.ms': '20000' })
      await write(broker, 'a=1')
      await write(broker, 'a=2')
      await fill(broker)
      await broker.sleep(2000)
      assert.deepEqual(await read(broker), ['1 a=2'])
      await alter(broker, words, 'cleanup.policy', 'delete')
      await write(broker, 'a=3')
      await fill(broker)
      await broker.sleep(2000)
      assert.deepEqual(await read(broker), ['1 a=2', '5 a=3'])
      await broker.fail('power-cut')
      assert.deepEqual(await read(broker), ['1 a=2', '5 a=3'])
      await broker.sleep(20_000)
      assert.deepEqual(await startAndEnd(broker), [9, 9])
    },
    { settings },
  ))

test('a slow pace holds up neither producers nor a stop', () =>
  withBroker(
    async (broker) => {
      await makeTopic(broker, {})
      await alter(broker, { type: 4, name: '1' }, 'log.cleaner.io.max.bytes.per.second', '1000')
      const large = 'x'.repeat(100)
      const keys = Array.from({ length: 800 }, (_, i) => `key${i % 50}=${large}`)
      for (let i = 0; i < 800; i += 2) await write(broker, ...keys.slice(i, i + 2))
      await broker.sleep(20_000)
      assert.ok((await read(broker)).length > 400)
      const before = broker.world.nowMs
      await write(broker, 'new=1')
      assert.ok(broker.world.nowMs - before < 100)
      const stopping = broker.world.nowMs
      await broker.stop()
      assert.ok(broker.world.nowMs - stopping < 5000, `${broker.world.nowMs - stopping} ms`)
    },
    { settings },
  ))

test('committed offsets of groups are compacted too, and the newest of them survive', () =>
  withBroker(
    async (broker) => {
      const asks = { keyType: 0, coordinatorKeys: ['readers'] }
      while ((await broker.call(findCoordinator, 4, asks)).coordinators[0]?.errorCode !== 0) await broker.sleep(100)
      await alter(broker, { type: 2, name: '__consumer_offsets' }, 'internal.segment.bytes', '2000')
      await makeTopic(broker, { 'cleanup.policy': 'delete' })
      const size = async () => {
        let bytes = 0
        for (const partition of [0, 1]) {
          const folder = `${dataFolder}/__consumer_offsets-${partition}`
          for (const { name } of await broker.node.runtime.disk.list(folder)) {
            if (name.endsWith('.log')) bytes += (await broker.node.runtime.disk.stat(`${folder}/${name}`)).size
          }
        }
        return bytes
      }
      const commit = async (committedOffset: number) => {
        const partitions = [{ partitionIndex: 0, committedOffset, committedLeaderEpoch: -1, committedMetadata: null }]
        const topics = [{ name: 'words', partitions }]
        const answer = await broker.call(offsetCommit, 8, { groupId: 'readers', topics })
        assert.equal(answer.topics[0]?.partitions[0]?.errorCode, 0)
      }
      for (let i = 1; i <= 60; i++) await commit(i)
      const before = await size()
      await broker.sleep(3000)
      assert.ok((await size()) < before / 2, `${await size()} of ${before} bytes`)
      await broker.fail('crash')
      const groups = [{ groupId: 'readers', topics: [{ name: 'words', partitionIndexes: [0] }] }]
      const answer = await broker.call(offsetFetch, 8, { groups })
      assert.equal(answer.groups[0]?.topics[0]?.partitions[0]?.committedOffset, 60)
    },
    { settings },
  ))
