import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Controller, directoryId as incarnation } from './controller-fixture.ts'

/** One partition with fixed roles on three brokers, the first of which leads in epoch 0. */
function fixed(): Controller {
  const controller = new Controller(1, 2, 3)
  controller.elect = 'fixed'
  const configs = new Map([['replication.scheme', 'primary-backup']])
  controller.create({ partitions: -1, replicationFactor: -1, assignment: [[1, 2, 3]], configs })
  return controller
}

const topicId = (controller: Controller): string => controller.image.topics.get('words')?.id ?? ''
const promote = (controller: Controller, broker: number) =>
  controller.ask('promoteReplica', { topicId: topicId(controller), partition: 0, broker })

function stateOf(controller: Controller): string {
  const [partition] = controller.partitions()
  if (partition === undefined) return 'none'
  const { replicas, inSync, eligible, leader, leaderEpoch } = partition
  return `${replicas} whole ${inSync}${eligible.length > 0 ? ` promoting ${eligible}` : ''} led by ${leader} in ${leaderEpoch}`
}

function seat(controller: Controller, brokerId: number, leader = brokerId): boolean {
  const partitionEpoch = controller.partitions()[0]?.partitionEpoch ?? -1
  const asked = { brokerId, incarnation, topicId: topicId(controller), partition: 0, partitionEpoch, leader }
  return controller.ask('seatLeader', asked).seated
}

describe('a promotion', () => {
  test('begins with an epoch that nobody leads, and ends when the promoted one does', () => {
    const controller = fixed()
    assert.equal(promote(controller, 2).code, 'begun')
    assert.equal(stateOf(controller), '2,1,3 whole 1,2,3 promoting 2,1 led by -1 in 1')
    assert.equal(seat(controller, 1), false)
    // One that has more hands it over first.
    assert.ok(seat(controller, 2, 3))
    assert.equal(stateOf(controller), '2,1,3 whole 1,2,3 promoting 2,1 led by 3 in 2')
    assert.ok(seat(controller, 2))
    assert.equal(stateOf(controller), '2,1,3 whole 2,1,3 led by 2 in 3')
    assert.deepEqual(promote(controller, 2), { code: 'leads-already', leaderEpoch: 3 })
  })

  test('that is withdrawn leaves the replicas as they stood, in a new epoch that the primary asks for', () => {
    const controller = fixed()
    const begun = promote(controller, 2)
    assert.ok(begun.code === 'begun')
    const { leaderEpoch, before } = begun
    const asked = { topicId: topicId(controller), partition: 0, broker: 2, leaderEpoch, before }
    assert.ok(controller.ask('withdrawPromotion', asked).withdrawn)
    assert.equal(stateOf(controller), '1,2,3 whole 1,2,3 led by -1 in 2')
    assert.equal(controller.ask('withdrawPromotion', asked).withdrawn, false)
    assert.ok(seat(controller, 1))
  })

  test('of another one keeps whose place is taken', () => {
    const controller = fixed()
    promote(controller, 2)
    promote(controller, 3)
    assert.equal(stateOf(controller), '3,2,1 whole 1,2,3 promoting 3,1 led by -1 in 2')
  })

  test('is not undone by a start of whoever was or is to be primary', () => {
    const controller = fixed()
    promote(controller, 2)
    for (const broker of [1, 2]) controller.register(broker)
    assert.equal(stateOf(controller), '2,1,3 whole 1,2,3 promoting 2,1 led by -1 in 1')
  })

  test('of a broker that is away, or has no replica, or of a topic that elects, is refused', () => {
    const controller = fixed()
    assert.equal(promote(controller, 9).code, 'no-replica')
    controller.ask('fenceBroker', { brokerId: 2, incarnation })
    assert.equal(promote(controller, 2).code, 'broker-away')
    controller.elect = 'coordinator'
    assert.equal(promote(controller, 3).code, 'not-fixed')
    assert.equal(
      controller.ask('promoteReplica', { topicId: 'none', partition: 0, broker: 1 }).code,
      'unknown-partition',
    )
  })

  test('has a whole copy of the one that leads, also where its disk was replaced; and backups come back as they catch up', () => {
    const controller = fixed()
    const other = 'AAAAAAAAAAAAAAAAAAAAbQ'
    controller.register(1, other)
    assert.equal(stateOf(controller), '1,2,3 whole 2,3 led by -1 in 1')
    promote(controller, 1)
    assert.ok(seat(controller, 1))
    assert.equal(stateOf(controller), '1,2,3 whole 1,2,3 led by 1 in 3')
    controller.register(3, other)
    assert.equal(stateOf(controller), '1,2,3 whole 1,2 led by 1 in 3')
    const { leaderEpoch = 0, partitionEpoch = 0 } = controller.partitions()[0] ?? {}
    const members = [
      { broker: 1, incarnation: null },
      { broker: 3, incarnation },
    ]
    const partitions = [{ topicId: topicId(controller), partition: 0, leaderEpoch, partitionEpoch, members }]
    assert.deepEqual(controller.ask('alterInSync', { brokerId: 1, partitions }), ['altered'])
    assert.equal(stateOf(controller), '1,2,3 whole 1,2,3 led by 1 in 3')
  })
})
