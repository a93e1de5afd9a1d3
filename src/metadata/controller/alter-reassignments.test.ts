import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Scheme } from '../../replication/schemes.ts'
import { Controller, directoryId as incarnation } from './controller-fixture.ts'

/** One partition on the first three of five brokers. */
function made(elect: Scheme['elect'] = 'coordinator'): Controller {
  const controller = new Controller(1, 2, 3, 4, 5)
  controller.elect = elect
  controller.minInSyncReplicas = 2
  controller.create({ partitions: -1, replicationFactor: -1, assignment: [[1, 2, 3]], configs: new Map() })
  return controller
}

function move(controller: Controller, replicas: number[] | null, { partition = 0, mayResize = true } = {}): string {
  const asked = { partitions: [{ topic: 'words', partition, replicas }], mayResize }
  return controller.ask('alterReassignments', asked)[0]?.outcome.code ?? 'none'
}

/** The leader has seen these catch up, and those lag. */
function inSync(controller: Controller, ...brokers: number[]): string | undefined {
  const [partition] = controller.partitions()
  const { leader, leaderEpoch = 0, partitionEpoch = 0 } = partition ?? {}
  const members = brokers.map((broker) => ({ broker, incarnation }))
  const topicId = controller.image.topics.get('words')?.id ?? ''
  const proposed = { topicId, partition: 0, leaderEpoch, partitionEpoch, members }
  return controller.ask('alterInSync', { brokerId: leader ?? -1, partitions: [proposed] })[0]
}

function stateOf(controller: Controller): string {
  const [partition] = controller.partitions()
  assert.ok(partition)
  const { replicas, directories, moving } = partition
  assert.equal(replicas.length, directories.length)
  const moves = moving === null ? '' : `, +${moving.adding} -${moving.removing}`
  return `${replicas} in sync ${partition.inSync} led by ${partition.leader} in ${partition.leaderEpoch}${moves}`
}

describe('a reassignment', () => {
  test('adds replicas, waits until they are in sync, and removes those that are to go; what they lead goes to another', () => {
    const controller = made()
    assert.equal(move(controller, [4, 5, 2]), 'reassigned')
    assert.equal(stateOf(controller), '4,5,2,1,3 in sync 2,1,3 led by 1 in 0, +4,5 -1,3')
    assert.equal(inSync(controller, 1, 2, 3, 4), 'altered')
    assert.equal(stateOf(controller), '4,5,2,1,3 in sync 4,2,1,3 led by 1 in 0, +4,5 -1,3')
    assert.equal(inSync(controller, 1, 2, 3, 4, 5), 'altered')
    assert.equal(stateOf(controller), '4,5,2 in sync 4,5,2 led by 4 in 1')
  })

  test('that brings nobody is done at once, unless too few of those that stay are in sync', () => {
    const controller = made()
    assert.equal(move(controller, [3, 2, 1]), 'reassigned')
    assert.equal(stateOf(controller), '3,2,1 in sync 3,2,1 led by 1 in 0')
    controller.ask('fenceBroker', { brokerId: 3, incarnation })
    assert.equal(move(controller, [3, 1]), 'reassigned')
    assert.equal(stateOf(controller), '3,1,2 in sync 1,2 led by 1 in 0, + -2')
    controller.register(3)
    assert.equal(inSync(controller, 1, 2, 3), 'altered')
    assert.equal(stateOf(controller), '3,1 in sync 3,1 led by 1 in 0')
  })

  test('is called off: who was to come goes, also where it leads', () => {
    const controller = made()
    assert.equal(move(controller, null), 'no-reassignment')
    move(controller, [4, 5, 1])
    inSync(controller, 1, 2, 3, 4)
    controller.ask('electLeaders', { type: 'preferred', partitions: null })
    assert.equal(stateOf(controller), '4,5,1,2,3 in sync 4,1,2,3 led by 4 in 1, +4,5 -2,3')
    assert.equal(move(controller, null), 'reassigned')
    assert.equal(stateOf(controller), '1,2,3 in sync 1,2,3 led by 1 in 2')
  })

  test('takes the place of another: who only was to come by that goes', () => {
    const controller = made()
    move(controller, [1, 2, 4])
    inSync(controller, 1, 2, 3, 4)
    assert.equal(stateOf(controller), '1,2,4 in sync 1,2,4 led by 1 in 0')
    move(controller, [1, 2, 3])
    assert.equal(move(controller, [1, 5]), 'reassigned')
    assert.equal(stateOf(controller), '1,5,2,4 in sync 1,2,4 led by 1 in 0, +5 -2,4')
  })

  test('is not called off, nor another begun, where nobody would be left who may lead', () => {
    const controller = made()
    controller.minInSyncReplicas = 1
    move(controller, [4, 5])
    inSync(controller, 1, 4)
    for (const brokerId of [1, 2, 3]) controller.ask('fenceBroker', { brokerId, incarnation })
    assert.equal(stateOf(controller), '4,5,1,2,3 in sync 4 led by 4 in 1, +4,5 -1,2,3')
    assert.equal(move(controller, null), 'invalid-assignment')
    assert.equal(move(controller, [2, 3]), 'invalid-assignment')
    assert.equal(move(controller, [4, 3]), 'reassigned')
  })

  test('is refused where replicas cannot stand like that, or change in another way', () => {
    const controller = made()
    assert.equal(move(controller, [1], { partition: 7 }), 'unknown-partition')
    for (const target of [[], [1, 1], [1, 99], [-1]]) assert.equal(move(controller, target), 'invalid-assignment')
    assert.equal(move(controller, [1, 2], { mayResize: false }), 'invalid-replication-factor')
    const twice = [1, 2].map((broker) => ({ topic: 'words', partition: 0, replicas: [broker, 3, 4] }))
    const outcomes = controller.ask('alterReassignments', { partitions: twice, mayResize: true })
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome.code),
      ['reassigned', 'invalid-assignment'],
    )
    assert.equal(move(controller, [1, 2, 5], { mayResize: false }), 'reassigned')
    const topicId = controller.image.topics.get('words')?.id ?? ''
    const change = { topicId, partition: 0, do: 'add', broker: 4, syncBackups: 0 } as const
    assert.match(`${Object.values(controller.ask('changeReplicas', change))}`, /a reassignment of its replicas/)
    for (const elect of ['self', 'fixed'] as const) assert.equal(move(made(elect), [1, 2, 4]), 'not-possible')
  })
})
