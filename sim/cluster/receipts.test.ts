import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Receipt } from '../../src/receipt/receipt.ts'
import { receiptsIn } from '../receipts-on.ts'
import { ClusterFixture } from './cluster-fixture.ts'
import type { ClusterMachine } from './cluster-machine.ts'
import type { PlannedDeath } from './cluster-plan.ts'

const receiptsOf = ({ node }: ClusterMachine): Receipt[] => receiptsIn(node.disk).filter(({ topic }) => topic === 't')

/** Has the leader acknowledge a record with acks=1 that nobody else has. Its offset. */
async function aRecordOfItsOwn(cluster: ClusterFixture, leader: ClusterMachine): Promise<number> {
  await cluster.insist('shared')
  const end = cluster.replicaOn(leader)?.log.logEndOffset
  await cluster.until(() => cluster.machines.every((each) => cluster.replicaOn(each)?.highWatermark === end))
  for (const { id } of cluster.machines) cluster.world.network.block(`node-${leader.id}`, `node-${id}`)
  const batch = { topic: 't', partition: 0, values: ['alone'], again: false }
  const producer = cluster.client.openProducer({ name: 'hasty', idempotent: false, acks: 1 })
  const offset = await cluster.world.complete(producer.send(batch))
  assert.equal(offset, end)
  return offset ?? -1
}

/** The leader ends, and another one goes on. Who that is, once the first is back. */
async function failOver(
  cluster: ClusterFixture,
  leader: ClusterMachine,
  how: PlannedDeath['do'],
): Promise<ClusterMachine> {
  leader.end({ do: how, node: 0, downMs: 3000 })
  await cluster.until(() => cluster.leader !== null)
  // What a process that has died had on its way would come now, were its links healed before.
  cluster.world.network.heal()
  await cluster.insist('instead')
  const next = cluster.leader as ClusterMachine
  await cluster.until(
    () => leader.isUp && cluster.replicaOn(leader)?.highWatermark === cluster.replicaOn(next)?.highWatermark,
  )
  assert.deepEqual(await cluster.read(), ['shared', 'instead'])
  return next
}

describe('what a leader alone has acknowledged', () => {
  for (const scheme of ['isr', 'majority']) {
    test(`is cut when another one leads, and stands in a receipt on its disk (${scheme})`, () =>
      ClusterFixture.tell({ 'replication.scheme': scheme }, async (cluster, leader) => {
        const offset = await aRecordOfItsOwn(cluster, leader)
        const next = await failOver(cluster, leader, 'crash')
        const [receipt, ...others] = receiptsOf(leader)
        assert.deepEqual([receipt?.kind, receipt?.from, receipt?.to], ['cut', offset, offset + 1])
        assert.deepEqual([receipt?.cut?.state, receipt?.cut?.records, receipt?.cut?.leader], ['done', 1, next.id])
        assert.equal(receipt?.ranges[0]?.lostAs, scheme === 'isr' ? 'unknown' : 'maybe-acknowledged')
        assert.deepEqual([others, receiptsOf(next)], [[], []])
      }))
  }

  test('is gone with its disk: whoever leads writes from where on, open upwards', () =>
    ClusterFixture.tell({}, async (cluster, leader) => {
      const offset = await aRecordOfItsOwn(cluster, leader)
      const next = await failOver(cluster, leader, 'lose-disk')
      const [receipt, ...others] = receiptsOf(next)
      assert.deepEqual([receipt?.kind, receipt?.from, receipt?.to], ['bounds', offset, null])
      assert.match(receipt?.reason ?? '', new RegExp(`the disk of broker ${leader.id}, .* was replaced`))
      assert.deepEqual([others, receiptsOf(leader)], [[], []])
    }))

  test('is gone with its power: it writes itself from where on, open upwards', () =>
    ClusterFixture.tell({}, async (cluster, leader) => {
      const offset = await aRecordOfItsOwn(cluster, leader)
      const next = await failOver(cluster, leader, 'power-cut')
      const bounds = receiptsOf(leader).filter(({ kind }) => kind === 'bounds')
      assert.equal(bounds.length, 1)
      // How much of it the page cache had given to the disk is drawn.
      assert.ok((bounds[0]?.from ?? 99) <= offset + 1)
      assert.match(bounds[0]?.reason ?? '', /power-cut: .*it led epoch/)
      assert.deepEqual(receiptsOf(next), [])
    }))

  test('of a follower that loses its disk or its power nothing is written: it has only had copies', () =>
    ClusterFixture.tell({}, async (cluster, leader) => {
      await cluster.insist('shared')
      const [one, other] = cluster.machines.filter((each) => each !== leader) as [ClusterMachine, ClusterMachine]
      one.end({ do: 'lose-disk', node: 0, downMs: 500 })
      await cluster.until(() => one.isUp && cluster.replicaOn(one)?.highWatermark === 1)
      other.end({ do: 'power-cut', node: 0, downMs: 500 })
      await cluster.until(() => other.isUp && cluster.replicaOn(other)?.highWatermark === 1)
      assert.deepEqual(cluster.machines.flatMap(receiptsOf), [])
    }))
})
