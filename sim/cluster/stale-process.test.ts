import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { operations } from '../../src/metadata/controller/operations.ts'
import { type BrokerRules, brokerRules } from '../../src/server/broker-rules.ts'
import { ClusterFixture } from './cluster-fixture.ts'
import type { ClusterMachine } from './cluster-machine.ts'

const gone = { do: 'crash', node: 0, downMs: 200_000 } as const

/** A process of a broker counts as any other of it (Kafka's KIP-903, before it was done). */
const anyProcess: BrokerRules = {
  ...brokerRules,
  operations: {
    ...operations,
    alterInSync: (context, asked) => {
      const partitions = asked.partitions.map((partition) => ({
        ...partition,
        members: partition.members.map(({ broker }) => {
          return { broker, incarnation: context.image.brokers.get(broker)?.incarnation ?? null }
        }),
      }))
      return operations.alterInSync(context, { ...asked, partitions })
    },
  },
}

const isAlive = (machine: ClusterMachine, other: ClusterMachine): boolean => machine.image?.isAlive(other.id) === true

/**
 * A follower has caught up, and its leader proposes it for the in-sync set, but cannot reach whoever decides. The follower loses power, and
 * with it what it had; it is back before the proposal gets through. Then both that have everything die. Who leads.
 */
async function leaderAfterwards(cluster: ClusterFixture, leader: ClusterMachine): Promise<ClusterMachine | null> {
  const { world } = cluster
  const { network } = world
  const [follower, third] = cluster.machines.filter((each) => each !== leader) as [ClusterMachine, ClusterMachine]
  const decider = cluster.controllers[0] as ClusterMachine
  const link = (what: 'block' | 'unblock', one: ClusterMachine, other: ClusterMachine): void => {
    network[what](one.node.name, other.node.name)
    network[what](other.node.name, one.node.name)
  }
  await cluster.insist('one')
  follower.end({ ...gone, downMs: 2_000 })
  await cluster.untilToldInSync(2)
  await cluster.insist('two')
  const end = cluster.replicaOn(leader)?.log.logEndOffset ?? 0
  link('block', leader, follower)
  await cluster.until(() => follower.isUp && isAlive(leader, follower))
  link('block', leader, decider)
  link('unblock', leader, follower)
  await cluster.until(() => cluster.replicaOn(follower)?.log.logEndOffset === end)
  await world.run({ untilMs: world.nowMs + 200 })
  link('block', leader, follower)
  const { life } = follower
  follower.end({ do: 'power-cut', node: 0, downMs: 300 })
  await cluster.until(() => follower.life > life + 1 && follower.isUp && isAlive(third, follower))
  link('unblock', leader, decider)
  // A proposal of which nobody knows whether it got through is made again.
  await world.run({ untilMs: world.nowMs + 15_000 })
  leader.end(gone)
  third.end(gone)
  await world.run({ untilMs: world.nowMs + 60_000 })
  return cluster.leader
}

const settings = { 'replication.scheme': 'isr', 'min.insync.replicas': '2' }
const shape = { brokers: 3, controllers: 1, settings: { 'broker.session.timeout.ms': '30000' } }

describe('a follower that was started since it caught up', () => {
  test('is not taken into the in-sync set by a proposal about the process before (KIP-903), and does not lead', () =>
    ClusterFixture.tell(
      settings,
      async (cluster, leader) => assert.equal(await leaderAfterwards(cluster, leader), null),
      shape,
    ))

  test('would be taken in, and lead without what was acknowledged, if any process of its broker counted', () =>
    ClusterFixture.tell(
      settings,
      async (cluster, leader) => {
        assert.notEqual(await leaderAfterwards(cluster, leader), null)
        assert.notDeepEqual(await cluster.read(), ['one', 'two'])
      },
      { ...shape, rules: anyProcess },
    ))
})
