import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CheckCursor } from '../../src/log/damage-watch.ts'
import { ClusterFixture } from './cluster-fixture.ts'
import type { ClusterMachine } from './cluster-machine.ts'

const segment = '/data/t-0/00000000000000000000.log'
const values = ['one', 'two', 'three', 'four', 'five']

const schemes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  isr: { 'min.insync.replicas': '2' },
  majority: { 'replication.scheme': 'majority' },
  'primary-backup': { 'replication.scheme': 'primary-backup', 'replication.sync.backups': '1' },
  'primary-backup with k = 0': { 'replication.scheme': 'primary-backup' },
}

/** Flips a bit of the third record. */
function rot({ node }: ClusterMachine): void {
  const at = Buffer.from(node.disk.peek(segment)).indexOf('three')
  assert.ok(at > 0)
  node.disk.flipBit(segment, at)
}

const bytesOf = ({ node }: ClusterMachine): string => Buffer.from(node.disk.peek(segment)).toString('latin1')

const areSame = ({ machines: [first, ...others] }: ClusterFixture): boolean =>
  others.every((each) => bytesOf(each) === bytesOf(first as ClusterMachine))

async function write(cluster: ClusterFixture): Promise<void> {
  for (const value of values) await cluster.insist(value)
  await cluster.until(() => areSame(cluster))
}

/** Looks through all that is on the disk. */
async function look(cluster: ClusterFixture, machine: ClusterMachine): Promise<void> {
  const log = cluster.replicaOn(machine)?.log
  let cursor: CheckCursor | null = null
  do cursor = (await log?.damageWatch.check(cursor, 1000)) ?? null
  while (cursor !== null)
}

/** All copies are whole and the same, the damaged one counts again, and everything is served. */
async function isRepaired(cluster: ClusterFixture, damaged: ClusterMachine): Promise<void> {
  await cluster.until(() => {
    const replica = cluster.replicaOn(damaged)
    return replica !== null && !replica.isDamaged && !replica.isSuspect
  })
  await cluster.insist('six')
  assert.deepEqual(await cluster.read(), [...values, 'six'])
  await cluster.until(() => areSame(cluster))
  assert.ok(bytesOf(damaged).includes('three'))
  while ((await cluster.told())?.isrNodes.length !== 3) await cluster.world.run({ untilMs: cluster.world.nowMs + 100 })
}

for (const [scheme, settings] of Object.entries(schemes)) {
  describe(`${scheme}: a damaged copy is whole again, and meanwhile nothing wrong is served:`, () => {
    test('of the leader, while it leads', () =>
      ClusterFixture.tell(settings, async (cluster, leader) => {
        await write(cluster)
        rot(leader)
        await cluster.world.complete(look(cluster, leader))
        assert.equal(cluster.replicaOn(leader)?.isDamaged, true)
        await isRepaired(cluster, leader)
        if (scheme.startsWith('primary')) await cluster.until(() => cluster.leader === leader)
        else assert.notEqual(cluster.leader, leader)
      }))

    test('of a follower, while it follows', () =>
      ClusterFixture.tell(settings, async (cluster, leader) => {
        await write(cluster)
        const follower = cluster.machines.find((each) => each !== leader) as ClusterMachine
        rot(follower)
        await cluster.world.complete(look(cluster, follower))
        assert.equal(cluster.replicaOn(follower)?.isSuspect, true)
        await isRepaired(cluster, follower)
        assert.equal(cluster.leader, leader)
      }))

    test('of the leader, while its machine is down after a crash', () =>
      ClusterFixture.tell(settings, async (cluster, leader) => {
        await write(cluster)
        leader.end({ do: 'crash', node: 0, downMs: 1000 })
        rot(leader)
        await isRepaired(cluster, leader)
      }))

    test('of the leader, whose folder is deleted while it is down', () =>
      ClusterFixture.tell(settings, async (cluster, leader) => {
        await write(cluster)
        leader.end({ do: 'crash', node: 0, downMs: 1000 })
        leader.node.disk.names.unlink('/data/t-0', 'test')
        await isRepaired(cluster, leader)
      }))

    test('of the leader, whose last batch is torn while it is stopped', () =>
      ClusterFixture.tell(settings, async (cluster, leader) => {
        await write(cluster)
        leader.end({ do: 'stop', node: 0, downMs: 1000 })
        await cluster.until(() => !leader.isUp && !leader.node.running)
        const file = leader.node.disk.names.file(segment, 'test')
        file.truncate(file.size - 7)
        await isRepaired(cluster, leader)
      }))
  })
}
