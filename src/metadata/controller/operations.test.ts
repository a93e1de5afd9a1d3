import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { InvariantViolation } from '../../runtime/invariant.ts'
import { resourceTypes } from '../image.ts'
import type { NewTopic } from './create-topics.ts'
import { Controller, directoryId } from './controller-fixture.ts'
import type { RequestTo } from './operations.ts'

describe('createTopics', () => {
  test('refuses what Kafka refuses, and changes nothing then', () => {
    const controller = new Controller(1, 2)
    const refused: [Partial<NewTopic>, string][] = [
      [{ name: '' }, 'invalid-topic'],
      [{ name: 'a/b' }, 'invalid-topic'],
      [{ name: 'x'.repeat(250) }, 'invalid-topic'],
      [{ name: '__cluster_metadata' }, 'invalid-request'],
      [{ partitions: 0 }, 'invalid-partitions'],
      [{ partitions: -2 }, 'invalid-partitions'],
      [{ partitions: 2 ** 31 - 1 }, 'too-many-partitions'],
      [{ replicationFactor: 0 }, 'invalid-replication-factor'],
      [{ replicationFactor: 3 }, 'invalid-replication-factor'],
      [{ assignment: [[1]] }, 'invalid-request'],
      [{ partitions: -1, replicationFactor: -1, assignment: [[9]] }, 'invalid-assignment'],
      [{ partitions: -1, replicationFactor: -1, assignment: [[1, 1]] }, 'invalid-assignment'],
      [{ partitions: -1, replicationFactor: -1, assignment: [[1], [1, 2]] }, 'invalid-assignment'],
      [{ partitions: -1, replicationFactor: -1, assignment: [[1], []] }, 'invalid-assignment'],
      [{ configs: new Map([['retention.ms', null]]) }, 'invalid-config'],
      [{ configs: new Map([['retention.ms', 'soon']]) }, 'invalid-config'],
    ]
    for (const [topic, code] of refused) assert.equal(controller.create(topic), code, JSON.stringify(topic))
    assert.equal(controller.image.topics.size, 0)
  })

  test('leaves the leaders of a majority topic to its replicas, all of which are voters', () => {
    const controller = new Controller(1, 2)
    controller.register(3)
    controller.ask('fenceBroker', { brokerId: 2, incarnation: directoryId })
    const configs = new Map([['replication.scheme', 'majority']])
    assert.equal(controller.create({ replicationFactor: 3, configs }), 'created')
    const states = controller
      .partitions()
      .map(({ leader, leaderEpoch, inSync }) => [leader, leaderEpoch, inSync.length])
    assert.deepEqual(states, [
      [-1, 0, 3],
      [-1, 0, 3],
    ])
  })

  test('keeps the scheme of the broker with the topic, which keeps it whatever becomes of the broker', () => {
    const controller = new Controller(1)
    const topic = { name: 'words', partitions: 1, replicationFactor: 1, assignment: null, configs: new Map() }
    const defaults = { partitions: 1, replicationFactor: 1, scheme: 'majority' as const }
    controller.ask('createTopics', { topics: [topic], validateOnly: false, defaults })
    assert.equal(controller.image.settings(resourceTypes.topic, 'words').get('replication.scheme'), 'majority')
    const change = [{ name: 'replication.scheme', operation: 'delete', value: null }] as const
    const resources = [{ type: resourceTypes.topic, name: 'words', change }]
    const [answer] = controller.ask('alterConfigs', { resources, validateOnly: false })
    assert.equal(answer?.outcome.code, 'invalid-config')
  })

  test('takes the defaults for -1, spreads leaders, and puts every replica in sync', () => {
    const controller = new Controller(1, 2)
    assert.equal(controller.create({ partitions: -1, replicationFactor: -1 }), 'created')
    const partitions = controller.partitions()
    assert.equal(partitions.length, 4)
    for (const { replicas, inSync, leader, leaderEpoch } of partitions) {
      assert.deepEqual(
        [[...replicas].sort((a, b) => a - b), inSync, leader, leaderEpoch],
        [[1, 2], replicas, replicas[0], 0],
      )
    }
    assert.deepEqual(new Set(partitions.map(({ leader }) => leader)), new Set([1, 2]))
  })

  test('refuses a second of the name, and one that differs only in dots and underscores', () => {
    const controller = new Controller(1)
    assert.equal(controller.create({ name: 'a.b' }), 'created')
    assert.equal(controller.create({ name: 'a.b' }), 'topic-exists')
    assert.equal(controller.create({ name: 'a_b' }), 'invalid-topic')
  })

  test('that only checks makes nothing', () => {
    const controller = new Controller(1)
    assert.equal(controller.create({}, true), 'created')
    assert.equal(controller.image.topics.size, 0)
  })
})

describe('createPartitions', () => {
  const grow = (controller: Controller, topic: { name?: string; count: number; assignment?: number[][] | null }) =>
    controller.ask('createPartitions', {
      topics: [{ name: 'words', assignment: null, ...topic }],
      validateOnly: false,
    })[0]?.outcome.code

  test('only ever adds', () => {
    const controller = new Controller(1)
    controller.create({})
    assert.equal(grow(controller, { count: 1 }), 'invalid-partitions')
    assert.equal(grow(controller, { count: 2 }), 'invalid-partitions')
    assert.equal(grow(controller, { count: 2 ** 31 - 1 }), 'too-many-partitions')
    assert.equal(grow(controller, { name: 'others', count: 2 }), 'unknown-topic')
    assert.equal(grow(controller, { count: 4, assignment: [[1]] }), 'invalid-assignment')
    assert.equal(grow(controller, { count: 3, assignment: [[7]] }), 'invalid-assignment')
    assert.equal(grow(controller, { count: 4 }), 'created')
    assert.deepEqual(
      controller.partitions().map(({ index }) => index),
      [0, 1, 2, 3],
    )
    assert.equal(controller.image.partitionCount, 4)
  })
})

describe('deleteTopics', () => {
  test('takes a topic with its settings, and refuses the unknown and what is named twice', () => {
    const controller = new Controller(1)
    controller.create({ configs: new Map([['retention.ms', '1']]) })
    const id = controller.image.topics.get('words')?.id ?? ''
    const codes = (keys: RequestTo<'deleteTopics'>) => controller.ask('deleteTopics', keys).map(({ code }) => code)
    assert.deepEqual(codes([{ name: 'words' }, { id }]), ['invalid-request'])
    assert.deepEqual(codes([{ name: 'others' }, { id: directoryId }]), ['unknown-topic', 'unknown-topic-id'])
    assert.deepEqual(codes([{ id }]), ['deleted'])
    assert.equal(controller.image.settings(resourceTypes.topic, 'words').size, 0)
    assert.equal(controller.image.partitionCount, 0)
    assert.equal(controller.create({}), 'created')
    assert.notEqual(controller.image.topics.get('words')?.id, id)
  })
})

describe('alterConfigs', () => {
  const alter = (controller: Controller, resource: RequestTo<'alterConfigs'>['resources'][number]) =>
    controller.ask('alterConfigs', { resources: [resource], validateOnly: false })[0]?.outcome.code

  test('changes all that was asked of a resource, or nothing', () => {
    const controller = new Controller(1)
    controller.create({})
    const set = (name: string, value: string) => ({ name, operation: 'set' as const, value })
    const type = resourceTypes.topic
    const half = [set('retention.ms', '5'), set('no.such', '5')]
    assert.equal(alter(controller, { type, name: 'words', change: half }), 'invalid-config')
    assert.equal(controller.image.settings(type, 'words').size, 0)
    assert.equal(alter(controller, { type, name: 'words', change: [set('retention.ms', '5')] }), 'altered')
    assert.deepEqual([...controller.image.settings(type, 'words')], [['retention.ms', '5']])
    assert.equal(alter(controller, { type, name: 'words', change: new Map([['segment.ms', '60000']]) }), 'altered')
    assert.deepEqual([...controller.image.settings(type, 'words')], [['segment.ms', '60000']])
    assert.equal(alter(controller, { type, name: 'others', change: [] }), 'unknown-topic')
    assert.equal(alter(controller, { type, name: 'no way', change: [] }), 'invalid-topic')
    assert.equal(alter(controller, { type: resourceTypes.broker, name: '9', change: [] }), 'invalid-request')
    assert.equal(alter(controller, { type: 77, name: 'x', change: [] }), 'invalid-request')
  })
})

test('allocateProducerIds never gives an id twice', () => {
  const controller = new Controller(1)
  const blocks = [1, 2, 3].map(() => controller.ask('allocateProducerIds', { brokerId: 1 }))
  for (const [nth, block] of blocks.entries()) assert.equal(block.first, blocks[nth - 1]?.end ?? 0)
})

test('an image refuses records that cannot follow what it holds', () => {
  const { image } = new Controller(1)
  const topicId = directoryId
  image.replay({ type: 'topic', name: 'words', topicId }, 10)
  assert.throws(() => image.replay({ type: 'topic', name: 'words', topicId }, 11), InvariantViolation)
  const change = {
    type: 'partition-change',
    topicId,
    partition: 0,
    inSync: [1],
    eligible: [],
    leader: 1,
    leaderEpoch: 1,
    directories: null,
    replicas: null,
  } as const
  assert.throws(() => image.replay(change, 12), InvariantViolation)
  assert.throws(() => image.replay({ type: 'producer-ids', brokerId: 1, nextProducerId: 0 }, 13), InvariantViolation)
  assert.throws(() => image.replay({ type: 'remove-topic', topicId: 'AAAAAAAAAAAAAAAAAAAAZg' }, 14), InvariantViolation)
})
