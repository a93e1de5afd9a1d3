import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Scheme } from '../../replication/schemes.ts'
import { Controller, directoryId as incarnation } from './controller-fixture.ts'

/** One partition on the first three of four brokers. */
function made(elect: Scheme['elect']): Controller {
  const controller = new Controller(1, 2, 3, 4)
  controller.elect = elect
  controller.minInSyncReplicas = 2
  const scheme = { coordinator: 'isr', fixed: 'primary-backup', self: 'majority' }[elect]
  const configs = new Map([['replication.scheme', scheme]])
  controller.create({ partitions: -1, replicationFactor: -1, assignment: [[1, 2, 3]], configs })
  return controller
}

const topicId = (controller: Controller): string => controller.image.topics.get('words')?.id ?? ''

function change(controller: Controller, what: 'add' | 'remove', broker: number, syncBackups = 0): string {
  const answer = controller.ask('changeReplicas', {
    topicId: topicId(controller),
    partition: 0,
    do: what,
    broker,
    syncBackups,
  })
  return 'message' in answer ? answer.message : answer.code
}

function stateOf(controller: Controller): string {
  const [partition] = controller.partitions()
  if (partition === undefined) return 'none'
  const { replicas, directories, inSync, leader, leaderEpoch } = partition
  assert.equal(replicas.length, directories.length)
  return `${replicas} in sync ${inSync} led by ${leader} in ${leaderEpoch}`
}

describe('a replica', () => {
  test('that is added follows; one that is removed hands over what it leads', () => {
    const controller = made('coordinator')
    assert.equal(change(controller, 'add', 4), 'changed')
    assert.equal(change(controller, 'add', 4), 'already')
    assert.equal(stateOf(controller), '1,2,3,4 in sync 1,2,3 led by 1 in 0')
    assert.equal(change(controller, 'remove', 1), 'changed')
    assert.equal(stateOf(controller), '2,3,4 in sync 2,3 led by 2 in 1')
  })

  test('stays where too few would be left in sync, or nobody alive', () => {
    const controller = made('coordinator')
    controller.ask('fenceBroker', { brokerId: 3, incarnation })
    assert.match(change(controller, 'remove', 2), /1 replicas would be left in sync, and 2 are required/)
    assert.equal(change(controller, 'remove', 3), 'changed')
    assert.equal(change(controller, 'add', 9), 'broker 9 is not registered')
  })

  test('with a fixed role stays while it is the primary, or a backup that is needed', () => {
    const controller = made('fixed')
    assert.match(change(controller, 'remove', 1), /promote another one first/)
    assert.match(change(controller, 'remove', 2, 2), /1 backups would be left, and 2 must have/)
    assert.equal(change(controller, 'remove', 2, 1), 'changed')
    assert.equal(stateOf(controller), '1,3 in sync 1,3 led by 1 in 0')
  })

  test('of a group that elects its leader itself is told of by that leader, of whom the highest epoch counts', () => {
    const controller = made('self')
    assert.match(change(controller, 'add', 4), /that one is to be asked/)
    const tell = (leaderEpoch: number, ...brokers: number[]): void => {
      const replicas = brokers.map((broker) => ({ broker, directory: incarnation }))
      controller.ask('mirrorVoters', { topicId: topicId(controller), partition: 0, leaderEpoch, replicas })
    }
    tell(3, 4, 2, 1)
    assert.equal(stateOf(controller), '1,2,4 in sync 1,2,4 led by -1 in 3')
    tell(2, 1)
    assert.equal(stateOf(controller), '1,2,4 in sync 1,2,4 led by -1 in 3')
  })
})
