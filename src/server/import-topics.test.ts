import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { asBuffer } from '../codec/as-buffer.ts'
import { type BrokerConfig, parseBrokerConfig } from '../config/broker-config.ts'
import { fetch } from '../kafka/schema/fetch.ts'
import { initProducerId } from '../kafka/schema/init-producer-id.ts'
import { metadata } from '../kafka/schema/metadata.ts'
import { produce } from '../kafka/schema/produce.ts'
import { buildBatch } from '../record/batch-builder.ts'
import { placeBatch } from '../record/batch-header.ts'
import { batchesIn } from '../record/record-reader.ts'
import type { Disk } from '../runtime/disk.ts'
import { type BrokerFixture, dataFolder, withBroker } from './broker-fixture.ts'
import { type ImportReport, type ImportRequest, ImportRefused, importTopics } from './import-topics.ts'
import { batchOf, fetchFrom, Known, produceTo } from './kafka-call-fixture.ts'
import { kafkaPartitionFiles } from './kafka-transactions-fixture.ts'

const from = '/kafka/data'
const topicId = 'nxMnxblHQgu8aVDjg14aJQ'
const config: BrokerConfig = parseBrokerConfig({ 'node.id': '1', 'log.dirs': dataFolder, 'http.port': '-1' })
const segment = '00000000000000000000.log'

/** A folder as Kafka leaves it: `orders` of two partitions, the second with a log start and producer 7; `words`, with an open transaction. */
async function kafkasFolder(disk: Disk): Promise<void> {
  await disk.makeDirectory(from)
  await disk.writeFileAtomic(`${from}/.kafka_cleanshutdown`, Buffer.from('{"version":0,"brokerEpoch":9}'))
  await disk.writeFileAtomic(`${from}/log-start-offset-checkpoint`, Buffer.from('0\n1\norders 1 2\n'))
  await folderOf(disk, 'orders-0', { [segment]: batchesOf(0, 3), 'leader-epoch-checkpoint': '0\n1\n4 0\n' })
  await folderOf(disk, 'orders-1', { [segment]: batchesOf(0, 5, 7), 'leader-epoch-checkpoint': '0\n1\n4 0\n' })
  const words = Object.entries(kafkaPartitionFiles).map(([name, text]) => [name, Buffer.from(text, 'base64')])
  await folderOf(disk, 'words-0', Object.fromEntries(words))
}

async function folderOf(disk: Disk, name: string, files: Record<string, string | Buffer>): Promise<void> {
  await disk.makeDirectory(`${from}/${name}`)
  const id = name.startsWith('orders') ? topicId : 'oL4RFFVnT56i0NZ4myfo8A'
  const all = { 'partition.metadata': `version: 0\ntopic_id: ${id}\n`, ...files }
  for (const [file, content] of Object.entries(all)) {
    await disk.writeFileAtomic(`${from}/${name}/${file}`, Buffer.from(content as string))
  }
}

/** Batches of one record each, of leader epoch 4. */
function batchesOf(first: number, count: number, producer = -1): Buffer {
  const batches = Array.from({ length: count }, (_, i) => {
    const by = producer < 0 ? {} : { producer: { id: producer, epoch: 0, baseSequence: i } }
    const batch = buildBatch([{ timestamp: 1000 + i, key: null, value: Buffer.from(`value ${first + i}`) }], by)
    placeBatch(batch, 0, { baseOffset: first + i, epoch: 4 })
    return batch
  })
  return Buffer.concat(batches)
}

function importing(broker: BrokerFixture, wishes: Partial<ImportRequest> = {}): Promise<ImportReport> {
  const request = { from: [from], topics: ['orders'], unclean: false, dryRun: false, onBegin() {}, onCopied() {} }
  return importTopics(broker.node.runtime, config, { ...request, ...wishes })
}

async function problemsOf(broker: BrokerFixture, wishes: Partial<ImportRequest> = {}): Promise<string> {
  try {
    await importing(broker, wishes)
  } catch (error) {
    if (error instanceof ImportRefused) return error.message
    throw error
  }
  return 'nothing'
}

/** Stops the broker, puts Kafka's folder beside its own, and does what is to be done before the next start. */
async function whileDown<T>(broker: BrokerFixture, work: (disk: Disk) => Promise<T>): Promise<T> {
  await broker.stop()
  const { disk } = broker.node.restart()
  await kafkasFolder(disk)
  return work(disk)
}

async function startAgain(broker: BrokerFixture): Promise<void> {
  broker.node.restart()
  await broker.start()
}

/** Offsets and epochs of all batches of a partition. */
async function batchesAt(broker: BrokerFixture, topic: string, partition: number, fetchOffset: number) {
  const request = fetchFrom(new Known(), topic, { index: partition, from: fetchOffset })
  const answer = (await broker.call(fetch, 12, request)).responses[0]?.partitions[0]
  const batches = [...batchesIn(asBuffer(answer?.records ?? Buffer.alloc(0)))]
  return { answer, batches: batches.map(({ baseOffset, partitionLeaderEpoch }) => [baseOffset, partitionLeaderEpoch]) }
}

describe('an import of topics', () => {
  test('brings offsets, ids and epochs, and what is appended goes on behind them in a newer epoch', () =>
    withBroker(async (broker) => {
      const report = await whileDown(broker, () => importing(broker))
      const copies = report.topics.flatMap((topic) => topic.copies)
      assert.deepEqual(
        copies.map(({ partition, logStartOffset, logEndOffset, lastEpoch }) => [
          partition,
          logStartOffset,
          logEndOffset,
          lastEpoch,
        ]),
        [
          [0, 0, 3, 4],
          [1, 2, 5, 4],
        ],
      )
      await startAgain(broker)
      const known = (await broker.call(metadata, 12, { topics: [{ name: 'orders' }], allowAutoTopicCreation: false }))
        .topics[0]
      assert.deepEqual([known?.topicId, known?.partitions.length], [topicId, 2])
      // Nothing told how long they are to be kept.
      assert.equal(report.topics[0]?.configs.get('retention.ms'), '-1')
      const written = await broker.call(produce, 12, produceTo(new Known(), 'orders', batchOf(1)))
      assert.equal(written.responses[0]?.partitionResponses[0]?.errorCode, 0)
      const kafkas = [0, 1, 2].map((offset) => [offset, 4])
      assert.deepEqual((await batchesAt(broker, 'orders', 0, 0)).batches, kafkas)
      assert.deepEqual((await batchesAt(broker, 'orders', 0, 3)).batches, [[3, 5]])
      const { answer } = await batchesAt(broker, 'orders', 1, 2)
      assert.deepEqual([answer?.logStartOffset, answer?.highWatermark], [2, 5])
      assert.deepEqual(broker.lines('set aside'), [])
    }))

  test('keeps the ids of its producers from those to come', () =>
    withBroker(async (broker) => {
      await whileDown(broker, () => importing(broker))
      await startAgain(broker)
      const { producerId } = await broker.call(initProducerId, 5, { transactionalId: null, transactionTimeoutMs: 1000 })
      assert.equal(producerId, 8)
    }))

  test('forgets its producers where their ids were given to others', () =>
    withBroker(async (broker) => {
      await broker.call(initProducerId, 5, { transactionalId: null, transactionTimeoutMs: 1000 })
      const report = await whileDown(broker, () => importing(broker))
      assert.equal(report.forgotProducers, true)
      await startAgain(broker)
      const batch = batchOf(1, { producer: { id: 7, epoch: 0, baseSequence: 0 } })
      const answer = await broker.call(produce, 12, produceTo(new Known(), 'orders', batch, { index: 1 }))
      const appended = answer.responses[0]?.partitionResponses[0]
      assert.deepEqual([appended?.errorCode, appended?.baseOffset], [0, 5])
    }))

  test('changes nothing in a dry run', () =>
    withBroker(async (broker) => {
      await whileDown(broker, () => importing(broker, { dryRun: true }))
      await startAgain(broker)
      assert.equal(
        (await broker.call(metadata, 12, { topics: [{ name: 'orders' }], allowAutoTopicCreation: false })).topics[0]
          ?.errorCode,
        3,
      )
    }))

  test('is all or nothing, wherever a kill comes', async () => {
    const outcomes = new Map<string, number>()
    for (let afterMs = 0; afterMs < 400; afterMs += 10) {
      await withBroker(
        async (broker) => {
          await whileDown(broker, async () => {
            const over = importing(broker).then(
              () => 'done',
              (error: unknown) => String(error),
            )
            await Promise.race([over, broker.sleep(afterMs)])
            broker.node.crash()
          })
          await startAgain(broker)
          const topic = (
            await broker.call(metadata, 12, { topics: [{ name: 'orders' }], allowAutoTopicCreation: false })
          ).topics[0]
          const whole = topic?.errorCode === 0
          outcomes.set(whole ? 'all' : 'nothing', (outcomes.get(whole ? 'all' : 'nothing') ?? 0) + 1)
          if (whole) assert.equal((await batchesAt(broker, 'orders', 1, 2)).batches.length, 3)
          else assert.equal(await whileDown(broker, () => problemsOf(broker)), 'nothing', 'the second attempt')
        },
        { seed: afterMs + 1 },
      )
    }
    assert.ok((outcomes.get('all') ?? 0) > 2 && (outcomes.get('nothing') ?? 0) > 2, JSON.stringify([...outcomes]))
  })
})

describe('an import is refused', () => {
  const refused = (
    what: string,
    words: RegExp,
    arrange: (disk: Disk) => Promise<void>,
    wishes: Partial<ImportRequest> = {},
  ): void => {
    test(what, () =>
      withBroker(async (broker) => {
        const problems = await whileDown(broker, async (disk) => {
          await arrange(disk)
          return problemsOf(broker, wishes)
        })
        assert.match(problems, words)
        await startAgain(broker)
        assert.deepEqual(broker.lines('set aside'), [])
      }),
    )
  }
  const nothing = async (): Promise<void> => {}

  refused('of a folder that Kafka has not closed', /no \.kafka_cleanshutdown: Kafka runs on it, was killed/, (disk) =>
    disk.remove(`${from}/.kafka_cleanshutdown`),
  )
  refused('of a topic that is not there', /no partition of topic 'other'/, nothing, { topics: ['other'] })
  refused('of a part of a topic', /topic 'orders' lacks 1 of its 2 partitions \(0\)/, (disk) =>
    disk.removeTree(`${from}/orders-0`),
  )
  refused('of a partition that is there twice', /orders-0 is there more than once/, nothing, { from: [from, from] })
  refused('of the folder of one partition', /give the folder above it/, nothing, { from: [`${from}/orders-0`] })
  refused('of a folder without segments', /holds no segment/, (disk) => disk.remove(`${from}/orders-0/${segment}`))
  refused('of folders of different topics', /belong to several topics/, (disk) =>
    folderOf(disk, 'orders-1', { 'partition.metadata': 'version: 0\ntopic_id: oL4RFFVnT56i0NZ4myfo8A\n' }),
  )
  refused('of a damaged log', /orders-0 has damaged bytes from offset 1 on/, (disk) => {
    const bytes = batchesOf(0, 3)
    bytes.writeUInt8(bytes.readUInt8(bytes.length / 3 + 65) ^ 1, bytes.length / 3 + 65)
    return folderOf(disk, 'orders-0', { [segment]: bytes })
  })
  refused('of a log with offsets missing', /orders-0 lacks offsets in its midst, as compaction leaves it/, (disk) =>
    folderOf(disk, 'orders-0', { [segment]: Buffer.concat([batchesOf(0, 2), batchesOf(4, 1), batchesOf(9, 2)]) }),
  )
  refused('of a torn log', /orders-0 ends in 20 bytes that are no whole batch, from offset 3 on/, (disk) =>
    folderOf(disk, 'orders-0', { [segment]: Buffer.concat([batchesOf(0, 3), batchesOf(3, 1).subarray(0, 20)]) }),
  )
  refused('of messages of before Kafka 0.11', /old format 1, which is not read/, (disk) => {
    const bytes = batchesOf(0, 3)
    bytes.writeInt8(1, 16)
    return folderOf(disk, 'orders-0', { [segment]: bytes })
  })
  refused('of an open transaction', /a transaction of producer 2 open since offset 8/, nothing, { topics: ['words'] })
  refused(
    "of Kafka's transaction log",
    /topic '__transaction_state' cannot be imported/,
    (disk) => folderOf(disk, '__transaction_state-0', { [segment]: '' }),
    { topics: ['__transaction_state'] },
  )

  test('where there is such a topic, and where the broker runs', () =>
    withBroker(async (broker) => {
      await whileDown(broker, () => importing(broker))
      assert.match(await problemsOf(broker), /topic 'orders' already exists/)
      await startAgain(broker)
      await assert.rejects(importing(broker), /in use by another broker/)
    }))
})

test('what Kafka has not closed is taken as it is when that is asked for', () =>
  withBroker(async (broker) => {
    const report = await whileDown(broker, async (disk) => {
      await disk.remove(`${from}/.kafka_cleanshutdown`)
      await folderOf(disk, 'orders-0', { [segment]: Buffer.concat([batchesOf(0, 3), batchesOf(3, 1).subarray(0, 20)]) })
      return importing(broker, { topics: null, unclean: true })
    })
    const copies = report.topics.flatMap(({ copies: all }) => all)
    assert.deepEqual(
      copies.map(({ cutBytes, openSince }) => [cutBytes, openSince]),
      [
        [20, null],
        [0, null],
        [0, 8],
      ],
    )
    await startAgain(broker)
    const { answer } = await batchesAt(broker, 'words', 0, 0)
    assert.deepEqual([answer?.highWatermark, answer?.lastStableOffset], [11, 8])
  }))
