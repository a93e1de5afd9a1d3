import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ClusterImage, resourceTypes } from '../image.ts'
import { recordsBetween } from '../snapshot/records-between.ts'
import { Controller } from './controller-fixture.ts'

/** Three brokers, and two groups of all three. */
function groups(): Controller {
  const controller = new Controller(1, 2, 3)
  for (const [name, members] of [
    ['g', [1, 2, 3]],
    ['h', [2, 3, 1]],
  ] as const)
    controller.ask('createBrokerGroup', { name, members, awaitsMembers: false })
  return controller
}

const queues = (over: string, more: Readonly<Record<string, string>> = {}) => ({
  replicationFactor: -1,
  configs: new Map<string, string | null>([
    ['replication.unit', 'broker'],
    ['replication.scheme', 'majority'],
    ['replication.groups', over],
    ...Object.entries(more),
  ]),
})

const refusalOf = (controller: Controller, topic: Parameters<Controller['outcomeOf']>[0]): string => {
  const outcome = controller.outcomeOf(topic)
  return outcome !== undefined && 'message' in outcome ? outcome.message : 'created'
}

const settingOf = ({ image }: Controller, topic: string, name: string): string | undefined =>
  image.settings(resourceTypes.topic, topic).get(name)

describe('a topic of unit broker', () => {
  test('has its partitions in the commit logs of its groups in turn, which are made with the first such topic', () => {
    const controller = groups()
    assert.equal(controller.create({ name: 't', partitions: 3, ...queues('g,h') }), 'created')
    assert.equal(controller.create({ name: 'u', partitions: 1, ...queues('h') }), 'created')
    const placed = controller.partitions('t').map(({ group, replicas }) => `${group} ${replicas.join('+')}`)
    assert.deepEqual(placed, ['g 1+2+3', 'h 2+3+1', 'g 1+2+3'])
    assert.deepEqual([...controller.image.topics.keys()], ['__commit_log.g', '__commit_log.h', 't', 'u'])
    controller.ask('createPartitions', { topics: [{ name: 't', count: 4, assignment: null }], validateOnly: false })
    assert.equal(controller.partitions('t')[3]?.group, 'h')
  })

  test('shows the state of its commit log, in copies and snapshots of the image too', () => {
    const controller = groups()
    controller.create({ name: 't', partitions: 2, ...queues('g', { 'replication.scheme': 'primary-backup' }) })
    const before = controller.image.copy()
    const { image } = controller
    const log = image.commitLog('g')
    assert.ok(log !== null)
    const state = { inSync: [1, 2], eligible: [], leader: 2, leaderEpoch: 7, directories: null, replicas: [2, 1, 3] }
    image.replay({ type: 'partition-change', topicId: log.topic.id, partition: 0, ...state }, 99)
    const seen = (of: ClusterImage): unknown[] => {
      return (of.topics.get('t')?.partitions ?? []).map(({ leader, leaderEpoch, replicas }) => [
        leader,
        leaderEpoch,
        replicas,
      ])
    }
    const [now, then] = [
      [2, 7, [2, 1, 3]],
      [1, 0, [1, 2, 3]],
    ]
    assert.deepEqual(seen(image), [now, now])
    assert.deepEqual(seen(before), [then, then])
    const snapshot = new ClusterImage('cluster')
    for (const record of recordsBetween(snapshot, image)) snapshot.replay(record, 0)
    assert.deepEqual(seen(snapshot), [now, now])
    assert.deepEqual([...recordsBetween(snapshot, image)], [])
    for (const record of recordsBetween(before, image)) before.replay(record, 0)
    assert.deepEqual(seen(before), [now, now])
  })

  test('gives the log its settings when it is made, and is refused where it wants others of one that is there', () => {
    const controller = groups()
    const made = { 'retention.ms': '5000', 'flush.messages': '1', 'max.message.bytes': '100' }
    assert.equal(controller.create({ name: 't', ...queues('g', made) }), 'created')
    assert.equal(settingOf(controller, '__commit_log.g', 'retention.ms'), '5000')
    assert.equal(settingOf(controller, 't', 'retention.ms'), undefined)
    assert.equal(settingOf(controller, 't', 'max.message.bytes'), '100')
    assert.equal(settingOf(controller, 't', 'replication.scheme'), 'majority')
    assert.match(refusalOf(controller, { name: 'u', ...queues('g', { 'retention.ms': '6000' }) }), /5000 there/)
    assert.match(
      refusalOf(controller, { name: 'u', ...queues('g', { 'replication.scheme': 'primary-backup' }) }),
      /majority there/,
    )
    // Where the cluster may choose it takes a group that goes with the topic.
    assert.equal(
      controller.create({ name: 'v', ...queues('1', { 'replication.scheme': 'primary-backup' }) }),
      'created',
    )
    assert.equal(settingOf(controller, 'v', 'replication.groups'), 'h')
    assert.equal(controller.create({ name: 'u', ...queues('g', { 'retention.ms': '5000' }) }), 'created')
  })

  test('is refused where a commit log cannot do what it wants, with the reason', () => {
    const controller = groups()
    for (const [topic, why] of [
      [queues('g', { 'replication.scheme': 'isr' }), /majority or primary-backup/],
      [
        {
          configs: new Map([
            ['replication.unit', 'broker'],
            ['replication.scheme', 'majority'],
          ]),
        },
        /replication.groups/,
      ],
      [queues('g', { 'cleanup.policy': 'compact' }), /not compacted/],
    ] as const)
      assert.match(refusalOf(controller, topic), why)
    assert.match(refusalOf(controller, { name: '__commit_log.g' }), /cannot be made/)
    assert.equal(controller.image.topics.size, 0)
  })

  test('leaves what is the log’s to the log, which goes with its group', () => {
    const controller = groups()
    controller.create({ name: 't', ...queues('g') })
    const alter = (name: string, setting: string, value: string): string => {
      const change = [{ name: setting, operation: 'set', value }] as const
      const resources = [{ type: resourceTypes.topic, name, change }]
      return controller.ask('alterConfigs', { resources, validateOnly: false })[0]?.outcome.code ?? ''
    }
    assert.equal(alter('t', 'retention.ms', '1000'), 'invalid-config')
    assert.equal(alter('t', 'cleanup.policy', 'compact'), 'invalid-config')
    assert.equal(alter('t', 'max.message.bytes', '1000'), 'altered')
    assert.equal(alter('__commit_log.g', 'retention.ms', '1000'), 'altered')
    assert.equal(alter('__commit_log.g', 'replication.scheme', 'primary-backup'), 'invalid-config')
    assert.equal(alter('__commit_log.g', 'cleanup.policy', 'compact'), 'invalid-config')
    assert.equal(controller.ask('deleteTopics', [{ name: '__commit_log.g' }])[0]?.code, 'invalid-request')
    controller.ask('deleteTopics', [{ name: 't' }])
    assert.deepEqual([...controller.image.topics.keys()], ['__commit_log.g'])
    assert.equal(controller.ask('deleteBrokerGroup', { name: 'g' }).code, 'deleted')
    assert.equal(controller.image.topics.size, 0)
  })
})
