import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SimWorld } from '../../runtime/sim/sim-world.ts'
import { ClusterImage, resourceTypes } from '../image.ts'
import { decodeMetadataRecord, encodeMetadataRecord } from '../records.ts'
import type { AlterInSync } from './alter-in-sync.ts'
import type { DecisionContext, TopicRules } from './decision.ts'
import { type AnswerOf, type Operation, operations, type RequestTo } from './operations.ts'

const directoryId = 'AAAAAAAAAAAAAAAAAAAAZA'
const otherDirectoryId = 'AAAAAAAAAAAAAAAAAAAAZg'
const incarnations = ['AAAAAAAAAAAAAAAAAAAAAQ', 'AAAAAAAAAAAAAAAAAAAAAg'] as const

/** A cluster of brokers 1 to 3 as the controller sees it, with topic `t` of one partition on all of them. */
class Cluster {
  readonly image = new ClusterImage('cluster')
  readonly #context: DecisionContext
  #offset = 0

  constructor(minInSyncReplicas = 1, replicas = [1, 2, 3], elect: TopicRules['elect'] = 'coordinator') {
    const rulesOf = () => ({ elect, minInSyncReplicas })
    this.#context = { image: this.image, random: new SimWorld(3).random, rulesOf }
    for (const broker of [1, 2, 3]) this.start(broker)
    const topic = { name: 't', partitions: -1, replicationFactor: -1, assignment: [replicas], configs: new Map() }
    const defaults = { partitions: 1, replicationFactor: 1, scheme: 'isr' as const }
    this.ask('createTopics', { topics: [topic], validateOnly: false, defaults })
  }

  register(brokerId: number, life = 0, directory = directoryId): void {
    const incarnation = incarnations[life] as string
    const facts = { directoryId: directory, incarnation, host: 'here', port: 9092, rack: null, peer: null }
    this.ask('registerBroker', { brokerId, ...facts })
  }

  unfence(brokerId: number, life = 0, suspect = false): void {
    const suspects = suspect ? [{ topicId: this.topicId, partition: 0 }] : []
    this.ask('unfenceBroker', { brokerId, incarnation: incarnations[life] as string, suspects })
  }

  start(brokerId: number, life = 0): void {
    this.register(brokerId, life)
    this.unfence(brokerId, life)
  }

  fence(...brokers: number[]): void {
    for (const brokerId of brokers) this.ask('fenceBroker', { brokerId, incarnation: incarnations[0] })
  }

  propose(members: AlterInSync['partitions'][number]['members'], more: object = {}): string {
    const { leader, leaderEpoch, partitionEpoch } = this.partition
    const proposed = { topicId: this.topicId, partition: 0, leaderEpoch, partitionEpoch, members, ...more }
    return this.ask('alterInSync', { brokerId: leader, partitions: [proposed] })[0] ?? ''
  }

  ask<O extends Operation>(operation: O, request: RequestTo<O>): AnswerOf<O> {
    const decide = operations[operation] as (
      context: DecisionContext,
      asked: RequestTo<O>,
    ) => { records: never[]; answer: AnswerOf<O> }
    const { records, answer } = decide(this.#context, request)
    for (const record of records) this.image.replay(decodeMetadataRecord(encodeMetadataRecord(record)), this.#offset++)
    return answer
  }

  get topicId(): string {
    return this.image.topics.get('t')?.id ?? ''
  }

  get partition() {
    const partition = this.image.partition('t', 0)
    assert.ok(partition !== null)
    return partition
  }

  /** In-sync set, eligible ones, leader and its epoch. */
  get state(): unknown[] {
    const { inSync, eligible, leader, leaderEpoch } = this.partition
    return [inSync, eligible, leader, leaderEpoch]
  }
}

const member = (broker: number, incarnation: string | null = null) => ({ broker, incarnation })

describe('a broker', () => {
  test('is fenced from its registration until it says that it can serve', () => {
    const cluster = new Cluster()
    cluster.register(1, 1)
    assert.equal(cluster.image.isAlive(1), false)
    cluster.unfence(1, 0)
    assert.equal(cluster.image.isAlive(1), false, 'an earlier process of it does not speak for it')
    cluster.unfence(1, 1)
    assert.equal(cluster.image.isAlive(1), true)
  })

  test('that starts anew leads nothing on: another member of the in-sync set leads in a new epoch', () => {
    const cluster = new Cluster()
    assert.deepEqual(cluster.state, [[1, 2, 3], [], 1, 0])
    cluster.start(1, 1)
    assert.deepEqual(cluster.state, [[2, 3], [], 2, 1])
  })

  test('that starts anew leads on in a new epoch where it is the only replica', () => {
    const cluster = new Cluster(1, [1])
    cluster.register(1, 1)
    assert.deepEqual(cluster.state, [[1], [], 1, 0])
    cluster.unfence(1, 1)
    assert.deepEqual(cluster.state, [[1], [], 1, 1])
  })

  test('that is fenced by mistake or twice is fenced once, and one that was started since is left alone', () => {
    const cluster = new Cluster()
    cluster.start(1, 1)
    cluster.fence(1)
    assert.equal(cluster.image.isAlive(1), true)
    cluster.fence(2)
    const { state } = cluster
    cluster.fence(2)
    assert.deepEqual(cluster.state, state)
  })

  test('on another folder has none of the copies that were on the one before', () => {
    const cluster = new Cluster(2)
    cluster.fence(1, 2, 3)
    assert.deepEqual(cluster.state, [[], [2, 3], -1, 3])
    cluster.register(2, 1, otherDirectoryId)
    cluster.unfence(2, 1)
    assert.deepEqual(cluster.state, [[], [3], -1, 3])
    assert.deepEqual(cluster.partition.directories, [directoryId, otherDirectoryId, directoryId])
  })

  test('is taken off the list only when it is gone and nothing counts on it', () => {
    const cluster = new Cluster(1, [1, 2])
    const codeOf = (brokerId: number) => cluster.ask('unregisterBroker', { brokerId }).code
    assert.deepEqual([codeOf(9), codeOf(3), codeOf(1)], ['unknown-broker', 'broker-in-use', 'broker-in-use'])
    cluster.fence(1, 3)
    assert.deepEqual([codeOf(1), codeOf(3)], ['broker-in-use', 'unregistered'])
    assert.equal(cluster.image.brokers.has(3), false)
  })
})

describe('brokers that are lost one after the other', () => {
  test('leave the in-sync set; the last of it leads again when it is back, and no other', () => {
    const cluster = new Cluster()
    cluster.fence(1, 2)
    assert.deepEqual(cluster.state, [[3], [], 3, 2])
    cluster.fence(3)
    assert.deepEqual(cluster.state, [[], [3], -1, 3])
    cluster.start(1, 1)
    assert.deepEqual(cluster.state, [[], [3], -1, 3])
    cluster.start(3, 1)
    assert.deepEqual(cluster.state, [[3], [], 3, 4])
  })

  test('stay eligible below min.insync.replicas: nothing is committed without them (KIP-966)', () => {
    const cluster = new Cluster(2)
    cluster.fence(1, 2)
    assert.deepEqual(cluster.state, [[3], [2], 3, 2])
    cluster.fence(3)
    assert.deepEqual(cluster.state, [[], [2, 3], -1, 3])
    cluster.start(2, 1)
    assert.deepEqual(cluster.state, [[2], [3], 2, 4])
  })

  test('are not eligible if they may have lost something, but for the last of them', () => {
    const cluster = new Cluster(2)
    cluster.fence(1, 2, 3)
    cluster.register(2, 1)
    cluster.unfence(2, 1, true)
    assert.deepEqual(cluster.state, [[], [3], -1, 3])
    cluster.register(3, 1)
    cluster.unfence(3, 1, true)
    assert.deepEqual(cluster.state, [[3], [], 3, 4])
  })

  test('are eligible no more once min.insync.replicas changes, unless nobody is in sync', () => {
    const change = [{ name: 'min.insync.replicas', operation: 'set' as const, value: '1' }]
    const resources = [{ type: resourceTypes.topic, name: 't', change }]
    const led = new Cluster(2)
    led.fence(1, 2)
    led.ask('alterConfigs', { resources, validateOnly: false })
    assert.deepEqual(led.state, [[3], [], 3, 2])
    const lost = new Cluster(2)
    lost.fence(1, 2, 3)
    lost.ask('alterConfigs', { resources, validateOnly: false })
    assert.deepEqual(lost.state, [[], [2, 3], -1, 3])
  })
})

describe('alterInSync', () => {
  test('takes what the leader proposes on the state as it is', () => {
    const cluster = new Cluster()
    assert.equal(cluster.propose([member(1), member(2)]), 'altered')
    assert.deepEqual(cluster.state, [[1, 2], [], 1, 0])
    assert.equal(cluster.propose([member(1), member(2), member(3, incarnations[0])]), 'altered')
    assert.deepEqual(cluster.state, [[1, 2, 3], [], 1, 0])
  })

  test('refuses what was proposed on another state, by another broker or in another epoch', () => {
    const cluster = new Cluster()
    const members = [member(1), member(2)]
    assert.equal(cluster.propose(members, { partitionEpoch: 7 }), 'stale-epoch')
    assert.equal(cluster.propose(members, { leaderEpoch: 7 }), 'not-leader')
    assert.equal(cluster.propose(members, { topicId: otherDirectoryId }), 'unknown-partition')
    const partitions = [{ topicId: cluster.topicId, partition: 0, leaderEpoch: 0, partitionEpoch: 0, members }]
    assert.deepEqual(cluster.ask('alterInSync', { brokerId: 2, partitions }), ['not-leader'])
    assert.deepEqual(cluster.state, [[1, 2, 3], [], 1, 0])
  })

  test('takes in nobody who is fenced, was started since it fetched, or has no replica (KIP-903)', () => {
    const cluster = new Cluster(1, [1, 2])
    cluster.propose([member(1)])
    const withTwo = (life: 0 | 1) => cluster.propose([member(1), member(2, incarnations[life])])
    cluster.register(2, 1)
    assert.equal(withTwo(1), 'ineligible-replica')
    cluster.unfence(2, 1)
    assert.equal(withTwo(0), 'ineligible-replica')
    assert.equal(cluster.propose([member(1), member(3, incarnations[0])]), 'ineligible-replica')
    assert.equal(cluster.propose([member(2, incarnations[1])]), 'ineligible-replica', 'without its leader')
    assert.equal(withTwo(1), 'altered')
  })

  test('keeps those eligible that leave below min.insync.replicas', () => {
    const cluster = new Cluster(2)
    assert.equal(cluster.propose([member(1)]), 'altered')
    assert.deepEqual(cluster.state, [[1], [2, 3], 1, 0])
  })
})

describe('an election on purpose', () => {
  const preferred = (cluster: Cluster, topic = 't', partition = 0): string =>
    cluster.ask('electLeaders', { type: 'preferred', partitions: [{ topic, partition }] })[0]?.outcome.code ?? ''

  test('has the first replica lead again once it is in sync, in a new epoch, and the in-sync set stays', () => {
    const cluster = new Cluster()
    cluster.start(1, 1)
    assert.equal(preferred(cluster), 'preferred-leader-not-available')
    assert.equal(cluster.propose([member(2), member(3), member(1, incarnations[1])]), 'altered')
    assert.deepEqual(cluster.state, [[1, 2, 3], [], 2, 1])
    assert.equal(preferred(cluster), 'elected')
    assert.deepEqual(cluster.state, [[1, 2, 3], [], 1, 2])
    assert.equal(preferred(cluster), 'election-not-needed')
    assert.deepEqual(cluster.state, [[1, 2, 3], [], 1, 2])
  })

  test('is refused for a first replica that is fenced, and for partitions that are not there', () => {
    const cluster = new Cluster()
    cluster.fence(1)
    assert.equal(preferred(cluster), 'preferred-leader-not-available')
    assert.deepEqual([preferred(cluster, 'u'), preferred(cluster, 't', 1)], ['unknown-partition', 'unknown-partition'])
    assert.deepEqual(cluster.state, [[2, 3], [], 2, 1])
  })

  test('of all partitions is answered for those only that were to have another leader', () => {
    const cluster = new Cluster()
    assert.deepEqual(cluster.ask('electLeaders', { type: 'preferred', partitions: null }), [])
    cluster.fence(1)
    const told = cluster.ask('electLeaders', { type: 'preferred', partitions: null })
    assert.deepEqual(
      told.map(({ topic, partition, outcome }) => [topic, partition, outcome.code]),
      [['t', 0, 'preferred-leader-not-available']],
    )
  })

  test('of a replica that is not in sync takes a partition without a leader, in the state that was asked about', () => {
    const cluster = new Cluster()
    cluster.fence(1)
    const unclean = (leader: number, more: object = {}) => {
      const { partitionEpoch } = cluster.partition
      const asked = { topicId: cluster.topicId, partition: 0, partitionEpoch, leader, ...more }
      return cluster.ask('electUnclean', asked).elected
    }
    assert.equal(unclean(3), false, 'somebody leads')
    cluster.fence(2, 3)
    cluster.start(1, 1)
    assert.deepEqual(cluster.state, [[], [3], -1, 3])
    assert.equal(unclean(2), false, 'it is not alive')
    assert.equal(unclean(9), false, 'it has no replica')
    assert.equal(unclean(1, { partitionEpoch: 1 }), false, 'the state is another one by now')
    assert.equal(unclean(1), true)
    assert.deepEqual(cluster.state, [[1], [], 1, 4])
    cluster.start(3, 1)
    assert.deepEqual(cluster.state, [[1], [], 1, 4], 'who comes back follows')
  })

  test('is not for partitions whose leaders the controller does not pick', () => {
    for (const elect of ['self', 'fixed'] as const) {
      const cluster = new Cluster(1, [1, 2, 3], elect)
      cluster.fence(1)
      assert.equal(preferred(cluster), 'preferred-leader-not-available', elect)
    }
  })
})
