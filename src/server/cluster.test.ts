import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createTopics } from '../kafka/schema/create-topics.ts'
import { describeCluster } from '../kafka/schema/describe-cluster.ts'
import { describeQuorum } from '../kafka/schema/describe-quorum.ts'
import { findCoordinator } from '../kafka/schema/find-coordinator.ts'
import { metadata } from '../kafka/schema/metadata.ts'
import { unregisterBroker } from '../kafka/schema/unregister-broker.ts'
import { type ClusterFixture, withCluster } from './cluster-fixture.ts'

const quorumRequest = { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] }
const unknownBroker = 102
const policyViolation = 44
const coordinatorNotAvailable = 15
const leaderNotAvailable = 5

async function quorumOf(cluster: ClusterFixture, at: number) {
  const { topics, nodes } = await cluster.call(at, describeQuorum, 2, quorumRequest)
  const partition = topics[0]?.partitions[0]
  assert.ok(partition)
  return { ...partition, nodes: nodes.map(({ nodeId, listeners }) => [nodeId, listeners[0]?.host]) }
}

async function brokersOf(cluster: ClusterFixture, at: number, includeFencedBrokers = false) {
  const request = { endpointType: 1, includeFencedBrokers, includeClusterAuthorizedOperations: false }
  const { brokers } = await cluster.call(at, describeCluster, 2, request)
  return brokers.map(({ brokerId, isFenced }) => `${brokerId}${isFenced ? ' away' : ''}`)
}

const createTopic = (name: string, brokers: number[]) => ({
  topics: [
    {
      name,
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: brokers }],
      configs: [],
    },
  ],
  timeoutMs: 1_000,
  validateOnly: false,
})

describe('a cluster of several brokers', () => {
  test('is told alike by every broker; one that is away only where that is asked for', () =>
    withCluster({ brokers: [1, 2, 3] }, async (cluster) => {
      await cluster.start(1, 2, 3)
      for (const id of [1, 2, 3]) {
        const told = await cluster.until(
          () => brokersOf(cluster, id),
          (brokers) => brokers.length === 3,
        )
        assert.deepEqual(told, ['1', '2', '3'])
        const { brokers, controllerId } = await cluster.call(id, metadata, 12, { topics: [] })
        assert.deepEqual([brokers.map(({ nodeId }) => nodeId), controllerId], [[1, 2, 3], id])
      }
      cluster.crash(2)
      const left = await cluster.until(
        () => brokersOf(cluster, 3),
        (brokers) => brokers.length === 2,
      )
      assert.deepEqual(left, ['1', '3'])
      assert.deepEqual(await brokersOf(cluster, 3, true), ['1', '2 away', '3'])
    }))

  test('tells of its quorum as the leader sees it, whoever is asked', () =>
    withCluster({ brokers: [1, 2], controllers: [101, 102, 103] }, async (cluster) => {
      await cluster.start(1, 2, 101, 102, 103)
      const both = await Promise.all([1, 2].map((id) => quorumOf(cluster, id)))
      for (const { leaderId, currentVoters, observers, nodes } of both) {
        assert.equal(leaderId, both[0]?.leaderId)
        assert.deepEqual(
          currentVoters.map(({ replicaId }) => replicaId),
          [101, 102, 103],
        )
        assert.deepEqual(new Set(observers.map(({ replicaId }) => replicaId)), new Set([1, 2]))
        assert.deepEqual(nodes, [
          [101, 'node-101'],
          [102, 'node-102'],
          [103, 'node-103'],
        ])
      }
      const leader = both[0]?.leaderId ?? -1
      const dead = [101, 102, 103].find((id) => id !== leader) ?? -1
      cluster.crash(dead)
      await cluster.call(1, createTopics, 7, createTopic('words', [1, 2]))
      const { currentVoters, highWatermark } = await quorumOf(cluster, 2)
      const ends = new Map(currentVoters.map(({ replicaId, logEndOffset }) => [replicaId, logEndOffset]))
      assert.ok((ends.get(dead) ?? 0) < highWatermark, 'the dead voter stays behind')
      assert.equal(ends.get(leader), highWatermark)
      assert.ok(currentVoters.every(({ lastCaughtUpTimestamp }) => lastCaughtUpTimestamp > 0))
      for (const id of [101, 102, 103]) cluster.crash(id)
      const unled = await cluster.until(
        () => quorumOf(cluster, 1),
        ({ errorCode }) => errorCode !== 0,
      )
      assert.equal(unled.errorCode, leaderNotAvailable)
    }))

  test('forgets a broker that is gone for good, and none that lives or has replicas', () =>
    withCluster({ brokers: [1, 2, 3], controllers: [101] }, async (cluster) => {
      await cluster.start(101, 1, 2, 3)
      await cluster.call(1, createTopics, 7, createTopic('words', [1, 2]))
      const codeOf = async (brokerId: number) => (await cluster.call(1, unregisterBroker, 0, { brokerId })).errorCode
      assert.deepEqual([await codeOf(9), await codeOf(3)], [unknownBroker, policyViolation])
      cluster.crash(2)
      cluster.crash(3)
      await cluster.until(
        () => brokersOf(cluster, 1),
        (brokers) => brokers.length === 1,
      )
      assert.deepEqual([await codeOf(2), await codeOf(3), await codeOf(3)], [policyViolation, 0, unknownBroker])
      assert.deepEqual(await brokersOf(cluster, 1, true), ['1', '2 away'])
    }))

  test('makes __consumer_offsets only once as many brokers are there as it was given replicas', () =>
    withCluster(
      { brokers: [1, 2, 3], controllers: [101], settings: { 'offsets.topic.replication.factor': '3' } },
      async (cluster) => {
        await cluster.start(101, 1, 2)
        const find = async () => {
          const { coordinators } = await cluster.call(1, findCoordinator, 4, { keyType: 0, coordinatorKeys: ['g'] })
          return coordinators[0]?.errorCode
        }
        assert.equal(await find(), coordinatorNotAvailable)
        await cluster.start(3)
        await cluster.until(find, (code) => code === 0)
        const { topics } = await cluster.call(1, metadata, 12, { topics: [{ name: '__consumer_offsets' }] })
        assert.equal(topics[0]?.partitions[0]?.replicaNodes.length, 3)
      },
    ))
})

test('brokers that stop all at once do so cleanly, whoever leads', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const run = withCluster(
      { brokers: [1, 2, 3] },
      async (cluster) => {
        await cluster.start(1, 2, 3)
        await cluster.call(1, createTopics, 7, createTopic('words', [1, 2, 3]))
        await Promise.all([1, 2, 3].map((id) => cluster.stop(id)))
      },
      seed,
    )
    await assert.doesNotReject(run, `seed ${seed}`)
  }
})
