import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { zeroUuid } from '../../codec/uuid.ts'
import { SimWorld } from '../../runtime/sim/sim-world.ts'
import { ClusterImage } from '../image.ts'
import { decodeMetadataRecord, encodeMetadataRecord } from '../records.ts'
import { isGivenUp } from './give-up-copies.ts'
import { type AnswerOf, type Operation, operations, type RequestTo } from './operations.ts'

const directoryId = 'AAAAAAAAAAAAAAAAAAAAZA'
const incarnation = 'AAAAAAAAAAAAAAAAAAAAAQ'

/** Brokers 1 to 3 as the controller sees them, with topic `t` of one partition on all of them, led by 1. */
class Cluster {
  readonly image = new ClusterImage('cluster')
  readonly #rules: { elect: 'coordinator' | 'fixed'; minInSyncReplicas: number }
  #offset = 0

  constructor(elect: 'coordinator' | 'fixed' = 'coordinator') {
    this.#rules = { elect, minInSyncReplicas: 2 }
    for (const broker of [1, 2, 3]) this.start(broker)
    const topic = { name: 't', partitions: -1, replicationFactor: -1, assignment: [[1, 2, 3]], configs: new Map() }
    const defaults = { partitions: 1, replicationFactor: 1, scheme: 'isr' as const }
    this.ask('createTopics', { topics: [topic], validateOnly: false, defaults })
  }

  ask<O extends Operation>(operation: O, request: RequestTo<O>): AnswerOf<O> {
    const context = { image: this.image, random: new SimWorld(3).random, rulesOf: () => this.#rules }
    const decide = operations[operation] as (...given: unknown[]) => { records: never[]; answer: AnswerOf<O> }
    const { records, answer } = decide(context, request)
    for (const record of records) this.image.replay(decodeMetadataRecord(encodeMetadataRecord(record)), this.#offset++)
    return answer
  }

  start(brokerId: number): void {
    const facts = { directoryId, incarnation, host: 'here', port: 9092, rack: null, peer: null }
    this.ask('registerBroker', { brokerId, ...facts })
    this.ask('unfenceBroker', { brokerId, incarnation, suspects: [] })
  }

  fence(...brokers: number[]): void {
    for (const brokerId of brokers) this.ask('fenceBroker', { brokerId, incarnation })
  }

  own(brokerId: number) {
    const topicId = this.image.topics.get('t')?.id ?? ''
    return { brokerId, incarnation, partitions: [{ topicId, partition: 0 }] }
  }

  /** Whether the leader has broker 3 taken in. */
  join(brokerId: number): string {
    const { leader, leaderEpoch, partitionEpoch, inSync } = this.partition
    const members = [...inSync.map((broker) => ({ broker, incarnation: null })), { broker: brokerId, incarnation }]
    const { partitions } = this.own(brokerId)
    const proposed = { ...(partitions[0] as (typeof partitions)[0]), leaderEpoch, partitionEpoch, members }
    return this.ask('alterInSync', { brokerId: leader, partitions: [proposed] })[0] ?? ''
  }

  get partition() {
    const partition = this.image.partition('t', 0)
    assert.ok(partition !== null)
    return partition
  }

  get state(): unknown[] {
    const { inSync, eligible, leader, leaderEpoch } = this.partition
    return [inSync, eligible, leader, leaderEpoch]
  }
}

describe('a copy that its broker gives up', () => {
  test('leads and counts no more, and is not taken in, whoever proposes it', () => {
    const cluster = new Cluster()
    assert.deepEqual(cluster.ask('giveUpCopies', cluster.own(1)), [true])
    assert.deepEqual(cluster.state, [[2, 3], [], 2, 1])
    assert.deepEqual(cluster.partition.directories, [zeroUuid, directoryId, directoryId])
    assert.equal(isGivenUp(cluster.partition, 1), true)
    assert.equal(cluster.join(1), 'ineligible-replica')
  })

  test('is one of the partition’s again once it is taken back, or its broker is started again', () => {
    for (const isTakenBack of [true, false]) {
      const cluster = new Cluster()
      cluster.ask('giveUpCopies', cluster.own(1))
      if (isTakenBack) assert.deepEqual(cluster.ask('takeBackCopies', cluster.own(1)), [true])
      else cluster.start(1)
      assert.deepEqual(cluster.state, [[2, 3], [], 2, 1])
      assert.equal(isGivenUp(cluster.partition, 1), false)
      assert.equal(cluster.join(1), 'altered')
      assert.deepEqual(cluster.partition.inSync, [1, 2, 3])
    }
  })

  test('that follows leaves the leader alone', () => {
    const cluster = new Cluster()
    cluster.ask('giveUpCopies', cluster.own(3))
    assert.deepEqual(cluster.state, [[1, 2], [], 1, 0])
  })

  test('stays while nobody living could lead without it', () => {
    const cluster = new Cluster()
    cluster.fence(2, 3)
    const before = cluster.state
    assert.deepEqual(cluster.ask('giveUpCopies', cluster.own(1)), [false])
    assert.deepEqual(cluster.state, before)
    cluster.ask('unfenceBroker', { brokerId: 3, incarnation, suspects: [] })
    assert.deepEqual(cluster.ask('giveUpCopies', cluster.own(1)), [true])
    assert.equal(cluster.partition.leader, 3)
  })

  test('is kept where the process that asks is not the one that lives, and where roles are fixed', () => {
    const cluster = new Cluster()
    assert.deepEqual(cluster.ask('giveUpCopies', { ...cluster.own(1), incarnation: zeroUuid }), [false])
    const fixed = new Cluster('fixed')
    assert.deepEqual(fixed.ask('giveUpCopies', fixed.own(1)), [false])
    assert.equal(fixed.partition.leader, 1)
  })
})
