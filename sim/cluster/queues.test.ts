import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ClusterFixture } from './cluster-fixture.ts'

const crash = { do: 'crash', node: 0, downMs: 2000 } as const
const powerCut = { do: 'power-cut', node: 0, downMs: 500 } as const

const unit = { 'replication.unit': 'broker', 'replication.groups': 'g' }
const shape = { settings: { 'broker.groups': 'g:1+2+3' } }

describe('a queue of a commit log', () => {
  test('by majority goes on at another broker, with its offsets, and all brokers tell of it', () =>
    ClusterFixture.tell(
      { ...unit, 'replication.scheme': 'majority' },
      async (cluster, leader) => {
        await cluster.insist('one')
        leader.end(crash)
        await cluster.until(() => cluster.leader !== null)
        assert.notEqual(cluster.leader, leader)
        assert.equal(await cluster.produce('two'), 1)
        assert.equal((await cluster.told())?.leaderId, cluster.leader?.id)
        await cluster.until(() => leader.isUp)
        assert.deepEqual(await cluster.read(), ['one', 'two'])
      },
      shape,
    ))

  test('by primary-backup is read at a backup while the primary is away, and its tail is there when it is back', () =>
    ClusterFixture.tell(
      { ...unit, 'replication.scheme': 'primary-backup' },
      async (cluster, primary) => {
        assert.equal(primary.id, 1)
        await cluster.insist('before')
        await cluster.dieWithTail(primary, { stored: 2, crash })
        assert.deepEqual(await cluster.read(), ['before'])
        assert.match(String(await cluster.produce('meanwhile')), /NOT_LEADER_OR_FOLLOWER/)
        assert.equal((await cluster.told())?.leaderEpoch, -1)
        await cluster.until(() => cluster.leader === primary)
        await cluster.insist('after')
        assert.deepEqual(await cluster.read(), ['before', 'tail', 'after'])
      },
      shape,
    ))

  test('with a double write a primary that has lost its tail gets it back from a backup', () =>
    ClusterFixture.tell(
      { ...unit, 'replication.scheme': 'primary-backup', 'replication.sync.backups': '1' },
      async (cluster, primary) => {
        for (const value of ['one', 'two', 'three']) await cluster.insist(value)
        primary.end(powerCut)
        await cluster.until(() => cluster.leader === primary)
        await cluster.insist('four')
        assert.deepEqual(await cluster.read(), ['one', 'two', 'three', 'four'])
      },
      shape,
    ))
})

describe('a topic of queues', () => {
  test('that is deleted and made again begins anew, in the same commit log, and through restarts', () =>
    ClusterFixture.tell(
      { ...unit, 'replication.scheme': 'majority' },
      async (cluster) => {
        await cluster.insist('old')
        await cluster.insisted(() => cluster.client.deleteTopic('t'))
        const again = { ...unit, 'replication.scheme': 'majority' }
        const topic = { name: 't', partitions: 1, flushed: false, settings: again }
        await cluster.insisted(() => cluster.client.createTopic(topic))
        assert.equal(await cluster.produce('new'), 0)
        assert.deepEqual(await cluster.read(), ['new'])
        for (const machine of cluster.machines) machine.end({ do: 'crash', node: machine.id, downMs: 100 })
        await cluster.until(() => cluster.machines.every(({ isUp }) => isUp) && cluster.leader !== null)
        await cluster.insist('newer')
        assert.deepEqual(await cluster.read(), ['new', 'newer'])
      },
      shape,
    ))
})
