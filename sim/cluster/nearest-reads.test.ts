import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ClusterFixture } from './cluster-fixture.ts'
import { rackOf } from './cluster-plan.ts'

const schemes = [
  { name: 'isr', settings: { 'min.insync.replicas': '2' } },
  { name: 'majority', settings: { 'replication.scheme': 'majority' } },
  { name: 'primary-backup', settings: { 'replication.scheme': 'primary-backup', 'replication.sync.backups': '1' } },
]

/** Tells the story for a client in each rack: in one of them the leader stands. */
async function inEachRack(
  settings: Readonly<Record<string, string>>,
  story: (cluster: ClusterFixture, at: { isLeaders: boolean; rack: string }) => Promise<void>,
): Promise<void> {
  const leaders = new Set<boolean>()
  for (const rack of [1, 2, 3].map(rackOf)) {
    await ClusterFixture.tell(
      settings,
      async (cluster, leader) => {
        const isLeaders = rackOf(leader.id) === rack
        leaders.add(isLeaders)
        await story(cluster, { isLeaders, rack })
      },
      { rack },
    )
  }
  assert.equal(leaders.size, 2)
}

describe('a consumer that names its rack', () => {
  for (const { name, settings } of schemes) {
    test(`${name}: reads in its rack, all that is acknowledged, and at the leader if that stands there`, () =>
      inEachRack(settings, async (cluster, { isLeaders }) => {
        for (const value of ['one', 'two', 'three']) await cluster.insist(value)
        await cluster.world.run({ untilMs: cluster.world.nowMs + 500 })
        assert.deepEqual(await cluster.read(), ['one', 'two', 'three'])
        assert.equal(cluster.nearReads > 0, !isLeaders)
      }))

    test(`${name}: goes back to the leader when its replica is cut off from it`, () =>
      inEachRack(settings, async (cluster, { isLeaders, rack }) => {
        if (isLeaders) return
        await cluster.insist('one')
        await cluster.world.run({ untilMs: cluster.world.nowMs + 500 })
        assert.deepEqual(await cluster.read(), ['one'])
        assert.equal(cluster.nearReads, 1)
        const { network } = cluster.world
        const near = cluster.machines.find(({ id }) => rackOf(id) === rack)
        for (const { id } of cluster.machines) {
          if (id === near?.id) continue
          network.block(`node-${near?.id}`, `node-${id}`)
          network.block(`node-${id}`, `node-${near?.id}`)
        }
        // Longer than the time of a session: its stream is closed, and another may lead by now.
        await cluster.world.run({ untilMs: cluster.world.nowMs + 1_500 })
        assert.match(String(await cluster.read()), /NOT_LEADER_OR_FOLLOWER/)
        await cluster.insist('two')
        await cluster.until(() => cluster.leader !== null)
        assert.deepEqual(await cluster.read(), ['one', 'two'])
      }))
  }
})
