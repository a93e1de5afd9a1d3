import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createTopics } from '../kafka/schema/create-topics.ts'
import { describeQuorum } from '../kafka/schema/describe-quorum.ts'
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

const leaderIs = (id: number) => (partition: { leader: number }) => partition.leader === id

const isElected = ({ results }: { results: unknown[][] }): boolean =>
  results[0]?.[2] === NONE.code || results[0]?.[2] === ELECTION_NOT_NEEDED.code

/** Fast: a broker that is out of touch is fenced, and waited for, so long. */
const leaderless = { 'broker.session.timeout.ms': '300', 'broker.heartbeat.interval.ms': '50' }

/** Broker 3 alone is there; 1, the last one in sync, is not. */
async function leftWithout(cluster: ClusterFixture): Promise<void> {
  cluster.crash(3)
  await cluster.until(
    () => partitionAt(cluster, 1),
    ({ inSync }) => inSync === 2,
  )
  cluster.crash(2)
  await cluster.until(
    () => partitionAt(cluster, 1),
    ({ inSync }) => inSync === 1,
  )
  cluster.crash(1)
  await cluster.restart(3)
}

const receiptsOf = (cluster: ClusterFixture, id: number): unknown[][] =>
  cluster.receipts(id).map(({ topic, partition, kind }) => [topic, partition, kind])

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

describe('a preferred leader of a majority topic', () => {
  const majority = { 'replication.scheme': 'majority' }

  /** Broker 1 has led, was away, and is back, with everything. */
  async function afterFailover(cluster: ClusterFixture): Promise<number> {
    await cluster.until(() => elect(cluster, 2, words), isElected)
    await cluster.until(() => partitionAt(cluster, 2), leaderIs(1))
    cluster.crash(1)
    const { leader } = await cluster.until(
      () => partitionAt(cluster, 2),
      (partition) => partition.leader > 1,
    )
    await cluster.restart(1)
    // Clients are told of a leader that is alive in the image, which must not stand still before.
    for (const id of [2, 3]) {
      await cluster.until(
        () => cluster.call(id, metadata, 12, { topics: [] }),
        ({ brokers }) => brokers.length === 3,
      )
    }
    return leader
  }

  test('is handed the leadership when an election is asked for at any broker', () =>
    withWords(majority, async (cluster) => {
      const leader = await afterFailover(cluster)
      const { results } = await cluster.until(() => elect(cluster, 5 - leader, null), isElected)
      assert.deepEqual(results, [['words', 0, NONE.code]])
      for (const id of [1, 2, 3]) await cluster.until(() => partitionAt(cluster, id), leaderIs(1))
      assert.deepEqual((await elect(cluster, 3, words)).results, [['words', 0, ELECTION_NOT_NEEDED.code]])
    }))

  test('is so while nobody decides on the metadata, and is not while it is away', () =>
    withWords(majority, async (cluster) => {
      const leader = await afterFailover(cluster)
      cluster.crash(101)
      await cluster.until(() => elect(cluster, leader, words), isElected)
      await cluster.until(() => partitionAt(cluster, 2), leaderIs(1))
      cluster.crash(1)
      await cluster.until(
        () => partitionAt(cluster, 2),
        ({ leader: next }) => next > 1,
      )
      assert.deepEqual((await elect(cluster, 2, words)).results, [['words', 0, PREFERRED_LEADER_NOT_AVAILABLE.code]])
    }))
})

describe('after a failover', () => {
  const everySecond = { 'leader.imbalance.check.interval.seconds': '1' }

  /** Broker 1 was away and is back, with everything: whoever led meanwhile. */
  async function failedOver(cluster: ClusterFixture): Promise<number> {
    await cluster.until(() => elect(cluster, 2, words), isElected)
    await cluster.until(() => partitionAt(cluster, 2), leaderIs(1))
    cluster.crash(1)
    const { leader } = await cluster.until(
      () => partitionAt(cluster, 2),
      (partition) => partition.leader > 1,
    )
    await cluster.restart(1)
    await cluster.until(
      () => partitionAt(cluster, 2),
      ({ inSync }) => inSync === 3,
    )
    return leader
  }

  for (const scheme of ['isr', 'majority']) {
    const topic = { 'replication.scheme': scheme }
    const settings = { ...everySecond, 'replica.lag.time.max.ms': '1000' }

    test(`the preferred leader leads again by itself, with ${scheme}`, () =>
      withWords(
        topic,
        async (cluster) => {
          await failedOver(cluster)
          await cluster.until(
            () => partitionAt(cluster, 2),
            ({ leader }) => leader === 1,
          )
        },
        settings,
      ))

    test(`nobody changes without auto.leader.rebalance.enable, with ${scheme}`, () =>
      withWords(
        topic,
        async (cluster) => {
          const leader = await failedOver(cluster)
          await new Promise<void>((resolve) => void cluster.world.schedule(10_000, resolve))
          assert.equal((await partitionAt(cluster, 2)).leader, leader)
        },
        { ...settings, 'auto.leader.rebalance.enable': 'false' },
      ))
  }
})

describe('where nobody in sync is left', () => {
  test('nobody leads, until somebody asks for an unclean election; then whoever lives does, and a receipt tells of it', () =>
    withWords(
      {},
      async (cluster) => {
        await leftWithout(cluster)
        assert.deepEqual((await elect(cluster, 3, words)).results, [['words', 0, PREFERRED_LEADER_NOT_AVAILABLE.code]])
        assert.deepEqual((await elect(cluster, 3, words, { electionType: 1 })).results, [['words', 0, NONE.code]])
        await cluster.until(() => partitionAt(cluster, 3), leaderIs(3))
        assert.deepEqual((await elect(cluster, 3, words, { electionType: 1 })).results, [
          ['words', 0, ELECTION_NOT_NEEDED.code],
        ])
        assert.deepEqual(receiptsOf(cluster, 3), [['words', 0, 'bounds']])
      },
      leaderless,
    ))

  test('whoever lives leads by itself with unclean.leader.election.enable, also where that is set only then', () =>
    withWords(
      { 'unclean.leader.election.enable': 'true' },
      async (cluster) => {
        await leftWithout(cluster)
        await cluster.until(() => partitionAt(cluster, 3), leaderIs(3))
        assert.deepEqual(receiptsOf(cluster, 3), [['words', 0, 'bounds']])
        // Who had more comes back, and follows.
        await cluster.restart(1)
        await cluster.until(
          () => partitionAt(cluster, 3),
          ({ inSync }) => inSync === 2,
        )
      },
      leaderless,
    ))
})

describe('a clean stop', () => {
  test('hands over majority topics and the metadata quorum: nobody has to find out that a leader is gone', () =>
    withCluster({ brokers: [1, 2, 3] }, async (cluster) => {
      await cluster.start(1, 2, 3)
      const assignments = [0, 1, 2].map((partitionIndex) => ({ partitionIndex, brokerIds: [1, 2, 3] }))
      const configs = [{ name: 'replication.scheme', value: 'majority' }]
      const topic = { name: 'words', numPartitions: -1, replicationFactor: -1, assignments, configs }
      await cluster.call(1, createTopics, 7, { topics: [topic], timeoutMs: 1_000, validateOnly: false })
      await cluster.until(
        () => elect(cluster, 1, [{ topic: 'words', partitions: [0, 1, 2] }]),
        ({ results }) => results.every(([, , code]) => code === ELECTION_NOT_NEEDED.code),
      )
      const quorum = { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] }
      const stands = async () => {
        const told = (await cluster.call(2, describeQuorum, 2, quorum)).topics[0]?.partitions[0]
        const { topics } = await cluster.call(2, metadata, 12, { topics: [{ name: 'words' }] })
        const leaders = topics[0]?.partitions.map(({ leaderId, leaderEpoch }) => ({ leaderId, leaderEpoch })) ?? []
        return { quorum: told?.leaderId ?? -1, leaders }
      }
      // The others keep pace by then: nothing is handed to who has not fetched yet what an epoch begins with.
      await new Promise<void>((resolve) => void cluster.world.schedule(500, resolve))
      const before = await stands()
      await cluster.stop(1)
      const after = await stands()
      assert.ok([2, 3].includes(after.quorum), `the metadata log is led by ${after.quorum}, before by ${before.quorum}`)
      for (const [at, { leaderId, leaderEpoch }] of after.leaders.entries()) {
        assert.ok(leaderId > 1)
        assert.equal(leaderEpoch, (before.leaders[at]?.leaderEpoch ?? 0) + 1, 'one election, which was not lost')
      }
    }))
})
