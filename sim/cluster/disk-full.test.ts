import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ClusterFixture } from './cluster-fixture.ts'

const schemes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  isr: { 'min.insync.replicas': '2' },
  majority: { 'replication.scheme': 'majority' },
}

for (const [scheme, settings] of Object.entries(schemes)) {
  describe(`${scheme}: a leader whose disk is full`, () => {
    test('leaves its place to others, writes go on, and it catches up when there is room again', () =>
      ClusterFixture.tell(settings, async (cluster, leader) => {
        const { world } = cluster
        await cluster.insist('before')
        leader.node.disk.capacityBytes = leader.node.disk.usedBytes()
        const begunMs = world.nowMs
        await cluster.insist('while it is full')
        assert.notEqual(cluster.leader, leader)
        assert.ok(world.nowMs - begunMs < 3000, `writes stood still for ${world.nowMs - begunMs} ms`)
        await cluster.insist('still')
        await world.run({ untilMs: world.nowMs + 3000 })
        assert.deepEqual(await cluster.read(), ['before', 'while it is full', 'still'])
        leader.node.disk.capacityBytes = Number.POSITIVE_INFINITY
        await cluster.until(() => leader.isUp)
        await cluster.insist('after')
        await cluster.until(() => cluster.replicaOn(leader)?.log.logEndOffset === logEndOf(cluster))
        while ((await cluster.told())?.isrNodes.length !== 3) await world.run({ untilMs: world.nowMs + 100 })
        assert.deepEqual(await cluster.read(), ['before', 'while it is full', 'still', 'after'])
      }))
  })
}

describe('primary-backup: a primary whose disk is full', () => {
  test('is away until there is room again: consumers go on at a backup, and nothing that was acknowledged is lost', () =>
    ClusterFixture.tell({ 'replication.scheme': 'primary-backup' }, async (cluster, primary) => {
      const { world } = cluster
      await cluster.insist('before')
      await cluster.until(() => cluster.machines.every((each) => cluster.replicaOn(each)?.log.storedUpTo === 2))
      primary.node.disk.capacityBytes = primary.node.disk.usedBytes()
      assert.equal(typeof (await cluster.produce('while it is full')), 'string')
      await world.run({ untilMs: world.nowMs + 1000 })
      assert.deepEqual(await cluster.read(), ['before'])
      primary.node.disk.capacityBytes = Number.POSITIVE_INFINITY
      await cluster.insist('after')
      assert.equal(cluster.leader, primary)
      assert.deepEqual(await cluster.read(), ['before', 'after'])
    }))
})

test('what a primary has not stored no backup has: it is gone with the process, and no consumer has seen it', () => {
  const settings = { 'replication.scheme': 'primary-backup', 'replication.sync.backups': '1' }
  return ClusterFixture.tell(settings, async (cluster, primary) => {
    const { world } = cluster
    await cluster.insist('before')
    await cluster.until(() => cluster.machines.every((each) => cluster.replicaOn(each)?.log.storedUpTo === 2))
    primary.node.disk.slowness = 100_000
    const ends: (number | undefined)[] = []
    world.schedule(100, () => {
      ends.push(...cluster.machines.map((each) => cluster.replicaOn(each)?.log.logEndOffset))
      primary.end({ do: 'crash', node: primary.id, downMs: 2000 })
      primary.node.disk.slowness = 1
    })
    assert.equal(typeof (await cluster.produce('under way')), 'string')
    assert.deepEqual(
      ends,
      cluster.machines.map((each) => (each === primary ? 3 : 2)),
    )
    assert.deepEqual(await cluster.read(), ['before'])
    await cluster.until(() => cluster.leader === primary)
    await cluster.insist('after')
    assert.deepEqual(await cluster.read(), ['before', 'after'])
  })
})

const logEndOf = (cluster: ClusterFixture): number | undefined => {
  const { leader } = cluster
  return leader === null ? undefined : cluster.replicaOn(leader)?.log.logEndOffset
}
