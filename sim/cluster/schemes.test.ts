import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ClusterFixture } from './cluster-fixture.ts'

const crash = { do: 'crash', node: 0, downMs: 2000 } as const
const powerCut = { do: 'power-cut', node: 0, downMs: 500 } as const

describe('primary-backup', () => {
  const settings = { 'replication.scheme': 'primary-backup' }

  test('while the primary is away consumers go on at a backup, and nothing is written; its tail is there when it is back', () =>
    ClusterFixture.tell(settings, async (cluster, primary) => {
      await cluster.insist('before')
      await cluster.dieWithTail(primary, { stored: 2, crash })
      assert.deepEqual(await cluster.read(), ['before'])
      assert.match(String(await cluster.produce('meanwhile')), /NOT_LEADER_OR_FOLLOWER/)
      const told = await cluster.told()
      assert.notEqual(told?.leaderId, primary.id)
      assert.equal(told?.leaderEpoch, -1)
      await cluster.until(() => cluster.leader === primary)
      await cluster.insist('after')
      assert.deepEqual(await cluster.read(), ['before', 'tail', 'after'])
    }))

  test('with primary.down.view=none nobody is named as leader while the primary is away', () =>
    ClusterFixture.tell({ ...settings, 'primary.down.view': 'none' }, async (cluster, primary) => {
      await cluster.insist('before')
      primary.end(crash)
      await cluster.world.run({ untilMs: cluster.world.nowMs + 1000 })
      assert.equal((await cluster.told())?.leaderId, -1)
      await cluster.insist('after')
      assert.equal(cluster.leader, primary)
      assert.deepEqual(await cluster.read(), ['before', 'after'])
    }))

  test('with a double write a primary that has lost its tail gets it back from a backup', () =>
    ClusterFixture.tell({ ...settings, 'replication.sync.backups': '1' }, async (cluster, primary) => {
      for (const value of ['one', 'two', 'three']) await cluster.insist(value)
      primary.end(powerCut)
      await cluster.until(() => cluster.leader === primary)
      await cluster.insist('four')
      assert.deepEqual(await cluster.read(), ['one', 'two', 'three', 'four'])
    }))

  test('with a double write and no backup in touch a record is refused before it is appended', () =>
    ClusterFixture.tell({ ...settings, 'replication.sync.backups': '1' }, async (cluster, primary) => {
      await cluster.insist('one')
      for (const each of cluster.machines) if (each !== primary) each.end({ ...crash, downMs: 1000 })
      await cluster.world.run({ untilMs: cluster.world.nowMs + 100 })
      const end = cluster.replicaOn(primary)?.log.logEndOffset
      assert.match(String(await cluster.produce('two')), /NOT_ENOUGH_REPLICAS/)
      assert.equal(cluster.replicaOn(primary)?.log.logEndOffset, end)
      await cluster.insist('three')
      assert.deepEqual(await cluster.read(), ['one', 'three'])
    }))
})

describe('majority', () => {
  test('the replicas elect another leader, with all that was acknowledged, and all brokers tell of it', () =>
    ClusterFixture.tell({ 'replication.scheme': 'majority' }, async (cluster, leader) => {
      await cluster.insist('one')
      leader.end(crash)
      await cluster.until(() => cluster.leader !== null)
      assert.notEqual(cluster.leader, leader)
      await cluster.insist('two')
      assert.equal((await cluster.told())?.leaderId, cluster.leader?.id)
      await cluster.until(() => leader.isUp)
      assert.deepEqual(await cluster.read(), ['one', 'two'])
    }))
})
