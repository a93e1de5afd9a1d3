import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { resourceTypes } from '../image.ts'
import { Controller } from './controller-fixture.ts'

const make = (controller: Controller, name: string, ...members: number[]): string =>
  controller.ask('createBrokerGroup', { name, members, awaitsMembers: false }).code

/** A ring of three brokers with one backup each, and groups of all three. */
function ring(): Controller {
  const controller = new Controller(1, 2, 3)
  for (const [nth, members] of [
    [1, 2],
    [2, 3],
    [3, 1],
  ].entries())
    assert.equal(make(controller, `group-${nth + 1}`, ...members), 'created')
  for (const id of [1, 2, 3])
    assert.equal(make(controller, `majority-${id}`, id, (id % 3) + 1, ((id + 1) % 3) + 1), 'created')
  return controller
}

const wants = (groups: string, more: readonly (readonly [string, string])[] = []) =>
  ({
    configs: new Map<string, string | null>([['replication.groups', groups], ...more]),
    replicationFactor: -1,
  }) as const

const replicasOf = (controller: Controller, name: string): string =>
  controller
    .partitions(name)
    .map(({ replicas }) => replicas.join('+'))
    .join(' ')

describe('a broker group', () => {
  test('is refused when it makes no sense, and made once', () => {
    const controller = new Controller(1, 2)
    assert.equal(make(controller, 'pair', 1, 2), 'created')
    assert.equal(make(controller, 'pair', 1, 2), 'created')
    assert.equal(make(controller, 'pair', 2, 1), 'group-exists')
    for (const [name, members] of [
      ['a/b', [1]],
      ['2', [1]],
      ['none', []],
      ['twice', [1, 1]],
      ['stranger', [1, 9]],
    ] as const)
      assert.equal(make(controller, name, ...members), 'invalid-group', name)
    assert.equal(controller.image.brokerGroups.size, 1)
    const early = { name: 'early', members: [1, 9], awaitsMembers: true }
    assert.equal(controller.ask('createBrokerGroup', early).code, 'created')
  })

  test('stays while a topic is dealt over it, and so do its brokers', () => {
    const controller = ring()
    assert.equal(controller.create({ name: 't', partitions: 1, ...wants('group-2') }), 'created')
    const remove = (name: string): string => controller.ask('deleteBrokerGroup', { name }).code
    assert.equal(remove('group-2'), 'group-in-use')
    assert.equal(remove('group-9'), 'unknown-group')
    assert.equal(remove('group-1'), 'deleted')
    controller.ask('deleteTopics', [{ name: 't' }])
    assert.equal(remove('group-2'), 'deleted')
    controller.ask('fenceBroker', { brokerId: 3, incarnation: 'AAAAAAAAAAAAAAAAAAAAZA' })
    assert.equal(controller.ask('unregisterBroker', { brokerId: 3 }).code, 'broker-in-use')
  })
})

describe('a topic that is dealt over broker groups', () => {
  test('has its partitions on their members in turn, and partitions that are added go on with that', () => {
    const controller = ring()
    assert.equal(controller.create({ name: 't', partitions: 4, ...wants('group-2,group-1') }), 'created')
    assert.equal(replicasOf(controller, 't'), '2+3 1+2 2+3 1+2')
    const topics = [{ name: 't', count: 7, assignment: null }]
    controller.ask('createPartitions', { topics, validateOnly: false })
    assert.equal(replicasOf(controller, 't'), '2+3 1+2 2+3 1+2 2+3 1+2 2+3')
    const chosen = [{ name: 't', count: 8, assignment: [[1, 2]] }]
    const [answer] = controller.ask('createPartitions', { topics: chosen, validateOnly: false })
    assert.equal(answer?.outcome.code, 'invalid-assignment')
  })

  test('that says how many gets those with the fewest partitions: small ones, and for votes large ones', () => {
    const controller = ring()
    assert.equal(controller.create({ name: 'first', partitions: 2, ...wants('1') }), 'created')
    assert.equal(controller.create({ name: 'next', partitions: 2, ...wants('2') }), 'created')
    const votes = wants('1', [['replication.scheme', 'majority']])
    assert.equal(controller.create({ name: 'votes', partitions: 1, ...votes }), 'created')
    assert.equal(controller.create({ name: 'three', partitions: 1, ...wants('1'), replicationFactor: 3 }), 'created')
    const groupsOf = (name: string) => controller.image.settings(resourceTypes.topic, name).get('replication.groups')
    assert.deepEqual(['first', 'next', 'votes', 'three'].map(groupsOf), [
      'group-1',
      'group-2,group-3',
      'majority-1',
      'majority-2',
    ])
  })

  test('is refused where the groups do not go together, with the reason', () => {
    const controller = ring()
    for (const [topic, why] of [
      [wants('group-9'), /no broker group 'group-9'/],
      [wants('group-1,majority-1'), /equally many members/],
      [wants('4'), /4 broker groups of 2 members are wanted, there are 3/],
      [wants('0'), /at least one broker group/],
      [{ ...wants('group-1'), replicationFactor: 3 }, /2 brokers are in each of these groups, and 3 replicas/],
      [{ ...wants('group-1'), partitions: -1, assignment: [[1]] }, /both say where replicas are/],
      [wants('group-1', [['replication.unit', 'broker']]), /majority or primary-backup/],
      [
        wants('group-1', [
          ['replication.scheme', 'primary-backup'],
          ['replication.sync.backups', '2'],
        ]),
        /no more than/,
      ],
    ] as const) {
      const outcome = controller.outcomeOf(topic)
      assert.ok(outcome !== undefined && 'message' in outcome, JSON.stringify([...topic.configs]))
      assert.match(outcome.message, why)
    }
    assert.equal(controller.image.topics.size, 0)
  })

  test('keeps its groups for as long as it lives', () => {
    const controller = ring()
    controller.create({ name: 't', ...wants('group-1') })
    const change = [{ name: 'replication.groups', operation: 'set', value: 'group-2' }] as const
    const resources = [{ type: resourceTypes.topic, name: 't', change }]
    const [answer] = controller.ask('alterConfigs', { resources, validateOnly: false })
    assert.equal(answer?.outcome.code, 'invalid-config')
  })

  test('and offsets of groups are never left to a primary', () => {
    const configs = new Map([['replication.scheme', 'primary-backup']])
    assert.equal(ring().create({ name: '__consumer_offsets', configs }), 'invalid-config')
  })
})
