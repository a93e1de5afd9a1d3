import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClusterFixture } from './cluster-fixture.ts'

const crash = { do: 'crash', node: 0, downMs: 5_000 } as const
/** Broker ids of those that hold it. */
const hosts = (cluster: ClusterFixture): string =>
  `${cluster.machines.filter((machine) => cluster.replicaOn(machine) !== null).map(({ id }) => id)}`
const shape = { brokers: 5, controllers: 1 }
const settings = { 'replication.scheme': 'isr', 'min.insync.replicas': '2' }

/** Those that it is on, and those that it is not. */
function sides(cluster: ClusterFixture): { on: number[]; off: number[] } {
  const isOn = (id: number): boolean => hosts(cluster).includes(`${id}`)
  const ids = cluster.machines.map(({ id }) => id)
  return { on: ids.filter(isOn), off: ids.filter((id) => !isOn(id)) }
}

test('replicas are moved one and all, with everything that is in them, and their leader goes last', () =>
  ClusterFixture.tell(
    settings,
    async (cluster, leader) => {
      await cluster.insist('one')
      const { on, off } = sides(cluster)
      const target = [...off, on.find((id) => id !== leader.id) as number]
      assert.deepEqual(await cluster.reassign(target), { errorCode: 0, errorMessage: null })
      await cluster.until(() => hosts(cluster) === `${target.toSorted((a, b) => a - b)}` && cluster.leader !== null)
      await cluster.untilToldInSync(3)
      await cluster.insist('two')
      assert.deepEqual(await cluster.moving(), [])
      assert.deepEqual((await cluster.told())?.replicaNodes, target)
      assert.equal(cluster.leader?.id, target[0])
      assert.deepEqual(await cluster.read(), ['one', 'two'])
    },
    shape,
  ))

test('a move that waits for a broker which is away is listed, goes on when that is back, and may be called off', () =>
  ClusterFixture.tell(
    settings,
    async (cluster) => {
      await cluster.insist('one')
      const { on, off } = sides(cluster)
      const [away = 0] = off
      const machine = cluster.machines.find(({ id }) => id === away)
      machine?.end({ ...crash, downMs: 60_000 })
      const target = [away, ...on.slice(0, 2)]
      assert.equal((await cluster.reassign(target)).errorCode, 0)
      const listed = { replicas: [...target, on[2]], addingReplicas: [away], removingReplicas: [on[2]] }
      assert.deepEqual(await cluster.moving(), [{ partitionIndex: 0, ...listed }])
      await cluster.insist('two')
      assert.equal((await cluster.reassign(null)).errorCode, 0)
      assert.deepEqual(await cluster.moving(), [])
      assert.equal((await cluster.reassign(null)).errorCode, 85)
      assert.equal((await cluster.reassign(target)).errorCode, 0)
      await cluster.until(() => machine?.isUp === true, 90_000)
      const there = target.toSorted((a, b) => a - b)
      await cluster.until(() => hosts(cluster) === `${there}`)
      await cluster.insist('three')
      assert.deepEqual(await cluster.read(), ['one', 'two', 'three'])
    },
    shape,
  ))

for (const scheme of ['majority', 'primary-backup']) {
  test(`by ${scheme} they change in another way, and the refusal says in which`, () =>
    ClusterFixture.tell(
      { 'replication.scheme': scheme },
      async (cluster) => {
        const { errorCode, errorMessage } = await cluster.reassign([1, 2, 4])
        assert.equal(errorCode, 44)
        assert.match(errorMessage ?? '', /trilog replica add/)
      },
      shape,
    ))
}
