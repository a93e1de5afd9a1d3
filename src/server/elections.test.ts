import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createTopics } from '../kafka/schema/create-topics.ts'
import { electLeaders } from '../kafka/schema/elect-leaders.ts'
import { metadata } from '../kafka/schema/metadata.ts'
import { kafkaErrors } from '../kafka/errors.ts'
import { type ClusterFixture, type ClusterShape, withCluster } from './cluster-fixture.ts'

const { NONE, ELECTION_NOT_NEEDED, PREFERRED_LEADER_NOT_AVAILABLE, UNKNOWN_TOPIC_OR_PARTITION, INVALID_REQUEST } =
  kafkaErrors

/** Brokers 1 to 3 with topic `words` of one partition on all of them, the first of which is preferred. */
function withWords(
  configs: Readonly<Record<string, string>>,
  test: (cluster: ClusterFixture) => Promise<void>,
  settings: ClusterShape['settings'] = {},
): Promise<void> {
  return withCluster({ brokers: [1, 2, 3], controllers: [101], settings }, async (cluster) => {
    await cluster.start(101, 1, 2, 3)
    const assignments = [{ partitionIndex: 0, brokerIds: [1, 2, 3] }]
    const given = Object.entries(configs).map(([name, value]) => ({ name, value }))
    const topic = { name: 'words', numPartitions: -1, replicationFactor: -1, assignments, configs: given }
    await cluster.call(1, createTopics, 7, { topics: [topic], timeoutMs: 1_000, validateOnly: false })
    await test(cluster)
  })
}

async function partitionAt(cluster: ClusterFixture, at: number) {
  const { topics } = await cluster.call(at, metadata, 12, { topics: [{ name: 'words' }] })
  const { leaderId = -1, isrNodes = [] } = topics[0]?.partitions[0] ?? {}
  return { leader: leaderId, inSync: isrNodes.length }
}

const words = [{ topic: 'words', partitions: [0] }]

async function elect(
  cluster: ClusterFixture,
  at: number,
  topicPartitions: { topic: string; partitions: number[] }[] | null,
  { version = 2, electionType = 0 } = {},
) {
  const asked = { electionType: version === 0 ? 0 : electionType, topicPartitions, timeoutMs: 1_000 }
  const { errorCode, replicaElectionResults } = await cluster.call(at, electLeaders, version, asked)
  const results = replicaElectionResults.flatMap(({ topic, partitionResult }) =>
    partitionResult.map(({ partitionId, errorCode: code }) => [topic, partitionId, code]),
  )
  return { errorCode, results }
}

describe('a preferred leader', () => {
  test('leads again when an election is asked for at any broker, once it is in sync', () =>
    withWords({}, async (cluster) => {
      for (const version of [0, 1, 2]) {
        const { results } = await elect(cluster, 2, words, { version })
        assert.deepEqual(results, [['words', 0, ELECTION_NOT_NEEDED.code]])
      }
      cluster.crash(1)
      await cluster.until(
        () => partitionAt(cluster, 3),
        ({ leader }) => leader === 2,
      )
      assert.deepEqual((await elect(cluster, 3, words)).results, [['words', 0, PREFERRED_LEADER_NOT_AVAILABLE.code]])
      await cluster.restart(1)
      await cluster.until(
        () => partitionAt(cluster, 3),
        ({ inSync }) => inSync === 3,
      )
      assert.deepEqual((await elect(cluster, 3, null)).results, [['words', 0, NONE.code]])
      for (const id of [1, 2, 3]) {
        await cluster.until(
          () => partitionAt(cluster, id),
          ({ leader }) => leader === 1,
        )
      }
      assert.deepEqual((await elect(cluster, 3, null)).results, [])
    }))

  test('of a partition that is not there is refused, and so is an election of no known type', () =>
    withWords({}, async (cluster) => {
      const strangers = [
        { topic: 'words', partitions: [1] },
        { topic: 'none', partitions: [0] },
      ]
      assert.deepEqual((await elect(cluster, 1, strangers)).results, [
        ['words', 1, UNKNOWN_TOPIC_OR_PARTITION.code],
        ['none', 0, UNKNOWN_TOPIC_OR_PARTITION.code],
      ])
      const { errorCode, results } = await elect(cluster, 1, words, { electionType: 7 })
      assert.deepEqual([errorCode, results], [INVALID_REQUEST.code, [['words', 0, INVALID_REQUEST.code]]])
    }))

  test('of fixed roles is the primary, which nobody replaces', () =>
    withWords({ 'replication.scheme': 'primary-backup' }, async (cluster) => {
      assert.deepEqual((await elect(cluster, 2, words)).results, [['words', 0, ELECTION_NOT_NEEDED.code]])
      cluster.crash(1)
      await cluster.until(
        () => elect(cluster, 2, words),
        ({ results }) => results[0]?.[2] === PREFERRED_LEADER_NOT_AVAILABLE.code,
      )
    }))
})
