import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ClusterFixture } from './cluster-fixture.ts'
import type { ClusterMachine } from './cluster-machine.ts'

const loseDisk = { do: 'lose-disk', node: 0, downMs: 500 } as const
const crash = { do: 'crash', node: 0, downMs: 60_000 } as const

const hosts = (cluster: ClusterFixture): number[] =>
  cluster.machines.filter((machine) => cluster.replicaOn(machine) !== null).map(({ id }) => id)
const votersOf = (cluster: ClusterFixture): string =>
  `${(cluster.leader === null ? null : cluster.replicaOn(cluster.leader))?.latestVoters?.voters.map(({ broker }) => broker).sort((a, b) => a - b)}`
const without = (cluster: ClusterFixture): ClusterMachine =>
  cluster.machines.find((machine) => cluster.replicaOn(machine) === null) as ClusterMachine

describe('members of a majority group', () => {
  const settings = { 'replication.scheme': 'majority' }
  const shape = { brokers: 4, controllers: 1 }

  test('are added and removed by their leader, and the image tells of it', () =>
    ClusterFixture.tell(
      settings,
      async (cluster, leader) => {
        await cluster.insist('one')
        const added = without(cluster)
        assert.equal(await cluster.change('add', added), null)
        await cluster.until(() => votersOf(cluster) === '1,2,3,4')
        await cluster.insist('two')
        await cluster.until(() => cluster.replicaOn(added)?.highWatermark === cluster.replicaOn(leader)?.highWatermark)
        // Its leader goes, too: another one is elected then.
        assert.equal(await cluster.change('remove', leader), null)
        await cluster.until(() => cluster.leader !== null && cluster.leader !== leader)
        await cluster.until(() => !hosts(cluster).includes(leader.id))
        await cluster.insist('three')
        assert.deepEqual(await cluster.read(), ['one', 'two', 'three'])
        const told = [...((await cluster.told())?.replicaNodes ?? [])].sort((a, b) => a - b)
        assert.deepEqual(
          told,
          [1, 2, 3, 4].filter((id) => id !== leader.id),
        )
      },
      shape,
    ))

  test('change with every controller down, and outlive a start of their brokers', () =>
    ClusterFixture.tell(
      settings,
      async (cluster, leader) => {
        await cluster.insist('one')
        for (const each of cluster.controllers) each.end(crash)
        const added = without(cluster)
        await cluster.until(() => cluster.leader !== null)
        assert.equal(await cluster.change('add', added), null)
        await cluster.until(() => votersOf(cluster) === '1,2,3,4')
        const gone = cluster.machines.find((each) => each !== leader && each !== added) as ClusterMachine
        assert.equal(await cluster.change('remove', gone), null)
        await cluster.until(() => votersOf(cluster) === `${[1, 2, 3, 4].filter((id) => id !== gone.id)}`)
        await cluster.insist('two')
        assert.deepEqual(await cluster.read(), ['one', 'two'])
      },
      shape,
    ))

  test('whose disk was replaced are taken in again by themselves, and count: another one may go', () =>
    ClusterFixture.tell(
      settings,
      async (cluster, leader) => {
        await cluster.insist('one')
        const [first, second] = cluster.machines.filter((each) => each !== leader && cluster.replicaOn(each) !== null)
        const old = cluster.replicaOn(first as ClusterMachine)?.self.directory
        first?.end(loseDisk)
        const isTakenIn = (machine: ClusterMachine | undefined, before: string | undefined): boolean =>
          cluster
            .replicaOn(cluster.leader ?? leader)
            ?.latestVoters?.voters.some(({ broker, directory }) => broker === machine?.id && directory !== before) ===
          true
        await cluster.until(() => isTakenIn(first, old))
        second?.end(crash)
        await cluster.insist('two')
      },
      { brokers: 3, controllers: 1 },
    ))
})

describe('replicas that the coordinator decides on', () => {
  for (const scheme of ['isr', 'primary-backup']) {
    test(`are added and removed (${scheme})`, () =>
      ClusterFixture.tell(
        { 'replication.scheme': scheme, 'min.insync.replicas': '2' },
        async (cluster, leader) => {
          await cluster.insist('one')
          const added = without(cluster)
          assert.equal(await cluster.change('add', added), null)
          await cluster.untilToldInSync(4)
          if (scheme === 'primary-backup') {
            assert.match((await cluster.change('remove', leader)) ?? '', /promote another one first/)
            assert.equal(await cluster.promote(added), null)
          }
          assert.equal(await cluster.change('remove', leader), null)
          await cluster.until(() => cluster.leader !== null && !hosts(cluster).includes(leader.id))
          await cluster.insist('two')
          assert.deepEqual(await cluster.read(), ['one', 'two'])
        },
        { brokers: 4, controllers: 1 },
      ))
  }

  for (const scheme of ['isr', 'primary-backup']) {
    const isFixed = scheme === 'primary-backup'

    test(`are added to the only one, take its place, and are the only one then (${scheme})`, () =>
      ClusterFixture.tell(
        { 'replication.scheme': scheme },
        async (cluster, first) => {
          await cluster.insist('one')
          const second = without(cluster)
          assert.equal(await cluster.change('add', second), null)
          await cluster.untilToldInSync(2)
          await cluster.insist('two')
          if (isFixed) assert.equal(await cluster.promote(second), null)
          assert.equal(await cluster.change('remove', first), null)
          await cluster.until(() => cluster.leader === second && `${hosts(cluster)}` === `${second.id}`)
          await cluster.insist('three')
          // What was the leader once comes anew.
          assert.equal(await cluster.change('add', first), null)
          await cluster.untilToldInSync(2)
          second.end(crash)
          if (isFixed) await cluster.until(() => cluster.leader === null)
          else await cluster.insist('four')
          assert.deepEqual(await cluster.read(), ['one', 'two', 'three', ...(isFixed ? [] : ['four'])])
        },
        { brokers: 3, controllers: 1, settings: { 'default.replication.factor': '1' } },
      ))
  }
})
