import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { receiptsIn } from '../receipts-on.ts'
import { ClusterFixture } from './cluster-fixture.ts'
import type { ClusterMachine } from './cluster-machine.ts'

const doubleWrite = { 'replication.scheme': 'primary-backup', 'replication.sync.backups': '1' }
const degrading = { ...doubleWrite, 'sync.on.timeout': 'degrade', 'sync.backup.timeout.ms': '500' }
const crash = { do: 'crash', node: 0, downMs: 60_000 } as const
const shape = { brokers: 3, controllers: 1 }

const backupsOf = (cluster: ClusterFixture, primary: ClusterMachine): ClusterMachine[] =>
  cluster.machines.filter((machine) => machine !== primary)

const isAlone = (cluster: ClusterFixture, primary: ClusterMachine): boolean =>
  cluster.replicaOn(primary)?.isDegraded === true

describe('a primary with a double write and no backup in touch', () => {
  test('refuses records, and acknowledges alone from when its topic says so, until a backup has everything', () =>
    ClusterFixture.tell(
      degrading,
      async (cluster, primary) => {
        await cluster.insist('one')
        for (const each of backupsOf(cluster, primary)) each.end({ ...crash, downMs: 5_000 })
        await cluster.world.run({ untilMs: cluster.world.nowMs + 100 })
        assert.match(String(await cluster.produce('two')), /NOT_ENOUGH_REPLICAS/)
        assert.equal(isAlone(cluster, primary), false)
        await cluster.until(() => isAlone(cluster, primary), 1_000)
        await cluster.insist('three')
        await cluster.until(() => !isAlone(cluster, primary))
        for (const each of backupsOf(cluster, primary)) each.end(crash)
        await cluster.world.run({ untilMs: cluster.world.nowMs + 100 })
        assert.match(String(await cluster.produce('four')), /NOT_ENOUGH_REPLICAS/)
        assert.deepEqual(await cluster.read(), ['one', 'three'])
      },
      shape,
    ))

  test('goes on refusing them where its topic says nothing', () =>
    ClusterFixture.tell(
      doubleWrite,
      async (cluster, primary) => {
        await cluster.insist('one')
        for (const each of backupsOf(cluster, primary)) each.end(crash)
        await cluster.world.run({ untilMs: cluster.world.nowMs + 10_000 })
        assert.match(String(await cluster.produce('two')), /NOT_ENOUGH_REPLICAS/)
        assert.equal(isAlone(cluster, primary), false)
      },
      shape,
    ))
})

test('what a primary has acknowledged alone is lost only by an unclean promotion, and a receipt tells of it', () =>
  ClusterFixture.tell(
    degrading,
    async (cluster, primary) => {
      await cluster.insist('one')
      const [backup, other] = backupsOf(cluster, primary) as [ClusterMachine, ClusterMachine]
      for (const each of [backup, other]) each.end({ ...crash, downMs: 4_000 })
      await cluster.until(() => isAlone(cluster, primary))
      await cluster.insist('alone')
      primary.end({ ...crash, downMs: 20_000 })
      await cluster.until(() => backup.isUp && other.isUp)
      // Both answer, which is enough where nothing is acknowledged alone.
      assert.match((await cluster.promote(backup)) ?? '', /answer/)
      assert.equal(await cluster.promote(backup, { unclean: true }), null)
      await cluster.insist('two')
      await cluster.until(() => primary.isUp, 30_000)
      await cluster.until(
        () => cluster.replicaOn(primary)?.log.logEndOffset === cluster.replicaOn(backup)?.log.logEndOffset,
      )
      assert.deepEqual(await cluster.read(), ['one', 'two'])
      const kinds = [primary, backup].map(({ node }) => receiptsIn(node.disk).map(({ kind }) => kind))
      assert.deepEqual(kinds, [['cut'], ['bounds']])
    },
    shape,
  ))

test('without one that has everything the same promotion is done where nothing is acknowledged alone', () =>
  ClusterFixture.tell(
    doubleWrite,
    async (cluster, primary) => {
      await cluster.insist('one')
      const [backup] = backupsOf(cluster, primary) as [ClusterMachine]
      primary.end(crash)
      await cluster.until(() => cluster.leader === null)
      assert.equal(await cluster.promote(backup), null)
      await cluster.insist('two')
      assert.deepEqual(await cluster.read(), ['one', 'two'])
    },
    shape,
  ))
