import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createTopics } from '../kafka/schema/create-topics.ts'
import type { Disk } from '../runtime/disk.ts'
import { type BrokerFixture, dataFolder, withBroker } from './broker-fixture.ts'

const folder = `${dataFolder}/__cluster_metadata-0`
const settings = { 'metadata.log.max.record.bytes.between.snapshots': '300' }

async function createMany(broker: BrokerFixture, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const topics = [{ name, numPartitions: 1, replicationFactor: 1 }]
    const answer = await broker.call(createTopics, 7, { topics, timeoutMs: 1000, validateOnly: false })
    assert.equal(answer.topics[0]?.errorCode, 0)
  }
  await broker.sleep(1000)
}

const namesFrom = (from: number, count: number): string[] => Array.from({ length: count }, (_, at) => `t${from + at}`)

async function snapshotsIn(disk: Disk): Promise<string[]> {
  const names = (await disk.list(folder)).map(({ name }) => name)
  return names.filter((name) => name.endsWith('.checkpoint')).sort()
}

async function tear(disk: Disk, name: string): Promise<void> {
  const file = await disk.open(`${folder}/${name}`, 'write')
  await file.truncate((await file.size()) - 1)
  await file.close()
}

const topicsOf = ({ broker }: BrokerFixture): string[] => [...broker.image.topics.keys()].sort()

describe('snapshots of the image', () => {
  test('two are kept, the metadata log begins where the older one ends, and segments below are removed', () =>
    withBroker(
      async (broker) => {
        await createMany(broker, namesFrom(0, 30))
        const { disk } = broker.node.runtime
        const names = await snapshotsIn(disk)
        assert.equal(names.length, 2)
        const [log] = [...broker.broker.replicas()].map((replica) => replica.log)
        assert.equal(log?.logStartOffset, Number(names[0]?.slice(0, 20)))
        assert.ok((log?.segments()[0]?.baseOffset ?? 0) > 0)
        for (const again of [() => broker.restart(), () => broker.fail('crash'), () => broker.fail('power-cut')]) {
          await again()
          assert.deepEqual(topicsOf(broker), namesFrom(0, 30).sort())
        }
        assert.ok(broker.lines('the image is taken up from a snapshot').length >= 3)
      },
      { settings },
    ))

  test('one that is not whole is passed over, and the log tells the rest', () =>
    withBroker(
      async (broker) => {
        await createMany(broker, namesFrom(0, 20))
        await broker.stop()
        broker.node.restart()
        const { disk } = broker.node.runtime
        const [, newest] = await snapshotsIn(disk)
        await tear(disk, newest as string)
        await broker.start()
        assert.equal(broker.lines('a snapshot is damaged: it is passed over').length, 1)
        assert.deepEqual(topicsOf(broker), namesFrom(0, 20).sort())
        await createMany(broker, ['more'])
        assert.ok(topicsOf(broker).includes('more'))
      },
      { settings },
    ))

  test('with none that is whole the only voter does not start, and says why', () =>
    withBroker(
      async (broker) => {
        await createMany(broker, namesFrom(0, 20))
        await broker.stop()
        broker.node.restart()
        const { disk } = broker.node.runtime
        for (const name of await snapshotsIn(disk)) await tear(disk, name)
        await assert.rejects(broker.start(), { name: 'MetadataStateMissing' })
      },
      { settings },
    ))

  test('kills and power cuts at any moment of taking them leave the image as the log tells it', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const known: string[] = []
      await withBroker(
        async (broker) => {
          for (let round = 0; round < 6; round++) {
            const names = namesFrom(round * 10, 4)
            await createMany(broker, names)
            known.push(...names)
            const topics = [{ name: `last${round}`, numPartitions: 1, replicationFactor: 1 }]
            broker.call(createTopics, 7, { topics, timeoutMs: 1000, validateOnly: false }).catch(() => {})
            await broker.sleep(seed / 4 + round / 8)
            await broker.fail(round % 2 === 0 ? 'crash' : 'power-cut')
            assert.deepEqual(
              topicsOf(broker).filter((name) => !name.startsWith('last')),
              [...known].sort(),
            )
          }
        },
        { settings: { 'metadata.log.max.record.bytes.between.snapshots': '1' }, seed },
      )
    }
  })
})
