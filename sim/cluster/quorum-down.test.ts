import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ClusterMachine } from './cluster-machine.ts'
import { ClusterFixture } from './cluster-fixture.ts'

const forLong = { do: 'crash', node: 0, downMs: 60_000 } as const

const shape = {
  controllers: 3,
  settings: { 'offsets.topic.replication.scheme': 'majority', 'offsets.topic.num.partitions': '1' },
}

function killAll(machines: readonly ClusterMachine[]): void {
  for (const machine of machines) machine.end(forLong)
}

describe('with every controller of the cluster dead', () => {
  test('a majority topic elects another leader, serves old producers and new ones, and so do groups on one', () =>
    ClusterFixture.tell(
      { 'replication.scheme': 'majority' },
      async (cluster, leader) => {
        const { world, client } = cluster
        await cluster.insist('one')
        await cluster.insisted(() => client.commit('readers', 't', 0, 1))
        killAll(cluster.controllers)
        await world.run({ untilMs: world.nowMs + 1_000 })
        leader.end(forLong)
        await cluster.until(() => cluster.leader !== null)
        assert.notEqual(cluster.leader, leader)
        await cluster.insist('two')
        const fresh = client.openProducer({ name: 'fresh', idempotent: true, acks: -1 })
        const batch = { topic: 't', partition: 0, values: ['three'], again: false }
        await cluster.insisted(() => fresh.send(batch))
        assert.deepEqual(await cluster.read(), ['one', 'two', 'three'])
        assert.equal(await cluster.insisted(() => client.committed('readers', 't', 0)), 1)
        await cluster.insisted(() => client.commit('readers', 't', 0, 3))
        assert.equal(await cluster.insisted(() => client.committed('readers', 't', 0)), 3)
      },
      shape,
    ))

  test('an isr topic is served by its present leader, and what needs a decision is refused; all is well when they are back', () =>
    ClusterFixture.tell(
      { 'min.insync.replicas': '2' },
      async (cluster) => {
        const { client, world } = cluster
        await cluster.insist('one')
        for (const machine of cluster.controllers) machine.end({ ...forLong, downMs: 8_000 })
        await cluster.insist('two')
        const spare = { name: 'spare', partitions: 1, flushed: false, settings: {} }
        await assert.rejects(world.complete(client.createTopic(spare)))
        await cluster.until(() => cluster.controllers.every(({ isUp }) => isUp))
        await cluster.insisted(() => client.createTopic(spare))
        await cluster.insist('three')
        assert.deepEqual(await cluster.read(), ['one', 'two', 'three'])
      },
      shape,
    ))
})
