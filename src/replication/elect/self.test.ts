import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { InvariantViolation } from '../../runtime/invariant.ts'
import type { ReplicaId } from '../replica-id.ts'
import { replicationRules } from '../rules.ts'
import { Election, type ElectionEffect } from './self.ts'
import type { ElectionMessage, Vote, VoteRequest } from './vote.ts'

const replica = (broker: number): ReplicaId => ({ broker, directory: `directory-${broker}` })
const log = { lastEpoch: 4, logStartOffset: 0, endOffset: 10 }
const nobodySilent: ReadonlySet<number> = new Set()

/** Replica 1 of so many voters, in epoch 4, all others in touch. */
function electionOf(voters: number, options: { suspect?: boolean; votedFor?: ReplicaId } = {}): Election {
  const election = new Election({
    self: replica(1),
    voters: Array.from({ length: voters }, (_, at) => replica(at + 1)),
    epoch: 4,
    votedFor: options.votedFor ?? null,
    suspect: options.suspect ?? false,
    rules: replicationRules,
  })
  election.step({ type: 'silent', brokers: nobodySilent })
  return election
}

/** The effects in short, in their order: what a reader of a story wants to see. */
const told = (effects: readonly ElectionEffect[]): string[] =>
  effects.map((effect) => {
    switch (effect.type) {
      case 'persist':
        return `persist ${effect.epoch} for ${effect.votedFor?.broker ?? 'nobody'}`
      case 'send':
        return `to ${effect.to}: ${saidIn(effect.message)}`
      case 'lead':
        return `lead ${effect.epoch}`
      case 'follow':
        return `follow ${effect.leader} in ${effect.epoch}`
      case 'resign':
        return `resign ${effect.epoch}`
      case 'hand-over':
        return `hand over to ${effect.to}`
      default:
        return effect.type
    }
  })

function saidIn(message: ElectionMessage): string {
  switch (message.type) {
    case 'vote-request':
      return `${message.pre ? 'would you' : 'do you'} vote for me in ${message.epoch}?`
    case 'vote':
      return `${message.granted ? 'yes' : 'no'}, I am in ${message.voterEpoch}, led by ${message.leader ?? 'nobody'}`
    case 'led':
      return `${message.leader} leads ${message.epoch}`
    case 'stand':
      return `stand, I lead ${message.epoch} and end at ${message.log.endOffset}`
    default:
      return message satisfies never
  }
}

const received = (election: Election, message: ElectionMessage, own = log): string[] =>
  told(election.step({ type: 'received', message, log: own }))

const ask = (from: number, epoch: number, options: Partial<VoteRequest> = {}): VoteRequest => ({
  type: 'vote-request',
  epoch,
  candidate: replica(from),
  log,
  pre: false,
  ...options,
})

const vote = (from: number, epoch: number, options: Partial<Vote> = {}): Vote => ({
  type: 'vote',
  epoch,
  pre: false,
  voter: replica(from),
  granted: true,
  voterEpoch: Math.min(epoch, 4),
  leader: null,
  ...options,
})

function candidate(): Election {
  const election = electionOf(3)
  election.step({ type: 'timeout', log })
  received(election, vote(2, 5, { pre: true }))
  return election
}

function leader(): Election {
  const election = candidate()
  election.step({ type: 'persisted', epoch: 5 })
  received(election, vote(3, 5, { voterEpoch: 5 }))
  return election
}

describe('standing', () => {
  test('asks first whether it would be elected, and raises no epoch for that', () => {
    const election = electionOf(3)
    assert.deepEqual(told(election.step({ type: 'timeout', log })), [
      'arm-timer',
      'to 2: would you vote for me in 5?',
      'to 3: would you vote for me in 5?',
    ])
    assert.equal(election.epoch, 4)
    assert.deepEqual(received(election, vote(2, 5, { pre: true })), [
      'persist 5 for 1',
      'arm-timer',
      'to 2: do you vote for me in 5?',
      'to 3: do you vote for me in 5?',
    ])
  })

  test('counts the own vote only once it is on the disk, and leads with a majority', () => {
    const election = candidate()
    assert.deepEqual(received(election, vote(2, 5, { voterEpoch: 5 })), [])
    assert.deepEqual(told(election.step({ type: 'persisted', epoch: 5 })), [
      'disarm-timer',
      'lead 5',
      'to 2: 1 leads 5',
      'to 3: 1 leads 5',
    ])
  })

  test('counts neither votes of another epoch nor those of a folder that the group does not know', () => {
    const election = candidate()
    election.step({ type: 'persisted', epoch: 5 })
    assert.deepEqual(received(election, vote(2, 4)), [])
    assert.deepEqual(received(election, vote(2, 5, { voter: { broker: 2, directory: 'another' } })), [])
    assert.equal(election.role, 'candidate')
  })

  test('alone leads at once, when its vote is on the disk', () => {
    const election = electionOf(1)
    assert.deepEqual(told(election.start(log)), ['persist 5 for 1', 'arm-timer'])
    assert.deepEqual(told(election.step({ type: 'persisted', epoch: 5 })), ['disarm-timer', 'lead 5'])
  })

  test('is not for a suspect replica, until it is trusted again: it only asks around who leads', () => {
    const election = electionOf(3, { suspect: true })
    assert.equal(told(election.step({ type: 'timeout', log })).length, 3)
    assert.equal(election.role, 'unattached')
    election.step({ type: 'trusted' })
    assert.equal(told(election.step({ type: 'timeout', log })).length, 3)
    assert.equal(election.role, 'prospective')
  })
})

describe('a vote', () => {
  test('is on the disk before it is told, and what was followed is left before it is decided', () => {
    const election = electionOf(3)
    received(election, { type: 'led', epoch: 4, leader: 3 })
    assert.deepEqual(received(election, ask(2, 5)), [
      'resign 4',
      'persist 5 for 2',
      'arm-timer',
      'to 2: yes, I am in 5, led by nobody',
    ])
  })

  test('is given once in an epoch, and again to the same candidate', () => {
    const election = electionOf(3)
    received(election, ask(2, 5))
    assert.deepEqual(received(election, ask(3, 5)), ['to 3: no, I am in 5, led by nobody'])
    assert.deepEqual(received(election, ask(2, 5)).at(-1), 'to 2: yes, I am in 5, led by nobody')
  })

  test('that was given before a restart is not given to another', () => {
    const election = electionOf(3, { votedFor: replica(3) })
    assert.deepEqual(received(election, ask(2, 4)), ['to 2: no, I am in 4, led by nobody'])
  })

  test('goes to nobody whose log is behind: an older last epoch, or a shorter log', () => {
    for (const behind of [
      { lastEpoch: 3, endOffset: 99 },
      { lastEpoch: 4, endOffset: 9 },
    ]) {
      assert.match(received(electionOf(3), ask(2, 5, { log: behind })).at(-1) ?? '', /: no/)
    }
  })

  test('goes to nobody who never had what was committed and is deleted here', () => {
    const emptied = { lastEpoch: -1, logStartOffset: 10, endOffset: 10 }
    const asked = (endOffset: number) => ask(2, 5, { log: { lastEpoch: 3, endOffset } })
    assert.match(received(electionOf(3), asked(9), emptied).at(-1) ?? '', /: no/)
    assert.match(received(electionOf(3), asked(10), emptied).at(-1) ?? '', /: yes/)
  })

  test('is refused by a suspect replica, whoever asks', () => {
    assert.match(received(electionOf(3, { suspect: true }), ask(2, 5)).at(-1) ?? '', /: no/)
  })

  test('is given to one that this log does not know as a voter: its log may have a set that this one lacks (KIP-853)', () => {
    const stranger = ask(2, 5, { candidate: { broker: 2, directory: 'another' } })
    assert.match(received(electionOf(3), stranger).at(-1) ?? '', /: yes/)
  })

  test('beforehand is refused while the leader is in touch, and changes nothing', () => {
    const election = electionOf(3)
    received(election, { type: 'led', epoch: 4, leader: 3 })
    assert.deepEqual(received(election, ask(2, 9, { pre: true })), ['to 2: no, I am in 4, led by 3'])
    election.step({ type: 'silent', brokers: new Set([3]) })
    assert.deepEqual(received(election, ask(2, 9, { pre: true })), ['to 2: yes, I am in 4, led by nobody'])
    assert.equal(election.epoch, 4)
  })

  test('beforehand is granted to the leader itself: who asks leads no longer', () => {
    const election = electionOf(3)
    received(election, { type: 'led', epoch: 4, leader: 3 })
    assert.match(received(election, ask(3, 5, { pre: true })).at(-1) ?? '', /: yes/)
  })
})

describe('a leader', () => {
  test('tells a broker that comes back that it leads', () => {
    assert.deepEqual(told(leader().step({ type: 'connected', broker: 3 })), ['to 3: 1 leads 5'])
  })

  test('that is out of touch with a majority resigns, and takes no epoch a second time', () => {
    const election = leader()
    assert.deepEqual(told(election.step({ type: 'silent', brokers: new Set([2]) })), [])
    assert.deepEqual(told(election.step({ type: 'silent', brokers: new Set([2, 3]) })), ['resign 5', 'arm-timer'])
    assert.deepEqual(received(election, { type: 'led', epoch: 5, leader: 1 }), [])
  })

  test('steps down for a newer epoch, whoever tells of it', () => {
    const told = ['resign 5', 'persist 7 for nobody', 'arm-timer', 'disarm-timer', 'follow 2 in 7']
    assert.deepEqual(received(leader(), { type: 'led', epoch: 7, leader: 2 }), told)
    const denied = vote(3, 5, { granted: false, voterEpoch: 7, leader: 2 })
    assert.deepEqual(received(leader(), denied), told)
  })

  test('whose log turns out to be damaged leads no more, and neither votes nor stands until it is trusted', () => {
    const election = leader()
    assert.deepEqual(told(election.step({ type: 'suspected' })), ['resign 5', 'arm-timer'])
    const asks = ['arm-timer', 'to 2: would you vote for me in 6?', 'to 3: would you vote for me in 6?']
    assert.deepEqual(told(election.step({ type: 'timeout', log })), asks)
    const yes = vote(2, 6, { granted: true, pre: true, voterEpoch: 5 })
    assert.deepEqual(received(election, yes), [])
    election.step({ type: 'trusted' })
    assert.deepEqual(told(election.step({ type: 'timeout', log })), asks)
    assert.deepEqual(received(election, yes).slice(0, 1), ['persist 6 for 1'])
  })

  test('that is its group’s only voter goes on, damaged or not', () => {
    const election = electionOf(1)
    election.start(log)
    assert.deepEqual(told(election.step({ type: 'suspected' })), [])
  })

  test('of an earlier epoch is told who leads now', () => {
    assert.deepEqual(received(leader(), { type: 'led', epoch: 3, leader: 2 }), ['to 2: 1 leads 5'])
  })
})

describe('a follower', () => {
  test('is without a leader when that one falls silent, and follows it again when it speaks', () => {
    const election = electionOf(3)
    received(election, { type: 'led', epoch: 4, leader: 3 })
    assert.deepEqual(told(election.step({ type: 'silent', brokers: new Set([3]) })), ['resign 4', 'arm-timer'])
    election.step({ type: 'silent', brokers: nobodySilent })
    assert.deepEqual(received(election, { type: 'led', epoch: 4, leader: 3 }), ['disarm-timer', 'follow 3 in 4'])
  })

  test('leaves one that denies to lead, for whom that one knows', () => {
    const election = electionOf(3)
    received(election, { type: 'led', epoch: 4, leader: 3 })
    const misled = election.step({ type: 'misled', followed: 4, epoch: 4, leader: null })
    assert.deepEqual(told(misled), ['resign 4', 'arm-timer'])
    const newer = election.step({ type: 'misled', followed: 4, epoch: 6, leader: 2 })
    assert.deepEqual(told(newer), ['resign 4', 'persist 6 for nobody', 'arm-timer', 'disarm-timer', 'follow 2 in 6'])
  })

  test('of two leaders in one epoch is a broken invariant', () => {
    const election = electionOf(3)
    received(election, { type: 'led', epoch: 4, leader: 3 })
    assert.throws(() => received(election, { type: 'led', epoch: 4, leader: 2 }), InvariantViolation)
  })
})

describe('voters that change', () => {
  const voters = (...brokers: number[]) => ({ type: 'voters' as const, voters: brokers.map(replica) })

  test('count from when their set is in the log: a candidate asks anew, by the new majority', () => {
    const election = electionOf(3)
    election.step({ type: 'timeout', log })
    assert.deepEqual(told(election.step(voters(1, 2, 3, 4, 5))), ['resign 4', 'arm-timer'])
    election.step({ type: 'timeout', log })
    received(election, vote(2, 5, { pre: true }))
    assert.equal(election.role, 'prospective')
    received(election, vote(3, 5, { pre: true }))
    assert.equal(election.role, 'candidate')
  })

  test('without it leave a replica to ask around, unless it is the only one that may have that set', () => {
    const election = electionOf(3)
    election.step(voters(2, 3))
    election.step({ type: 'timeout', log })
    assert.equal(election.role, 'unattached')
    election.step({ type: 'timeout', log, isLeaving: true })
    received(election, vote(2, 5, { pre: true }))
    assert.equal(election.role, 'prospective', 'its own vote does not count')
    received(election, vote(3, 5, { pre: true }))
    assert.equal(election.role, 'candidate')
  })

  test('without their leader have it lead until that is committed', () => {
    const election = leader()
    assert.deepEqual(told(election.step(voters(2, 3))), [])
    assert.deepEqual(told(election.step({ type: 'removed' })), ['resign 5', 'arm-timer'])
  })

  test('of whom a majority is out of touch cost the leader its place', () => {
    const election = leader()
    election.step({ type: 'silent', brokers: new Set([3]) })
    assert.deepEqual(told(election.step(voters(1, 3))), ['resign 5', 'arm-timer'])
  })
})

describe('a leader that is to hand over', () => {
  function handingOver(): Election {
    const election = leader()
    assert.deepEqual(told(election.step({ type: 'hand-over', to: 3 })), ['hand over to 3', 'arm-timer'])
    return election
  }

  test('tells the other one to stand once that one has everything, and goes on leading until it is elected', () => {
    const election = handingOver()
    const caughtUp = told(election.step({ type: 'caught-up', broker: 3, log }))
    assert.deepEqual(caughtUp, ['arm-timer', 'to 3: stand, I lead 5 and end at 10'])
    assert.deepEqual(told(election.step({ type: 'caught-up', broker: 3, log })), [], 'once')
    assert.equal(election.role, 'leader')
    assert.deepEqual(received(election, ask(3, 6)), [
      'resign 5',
      'persist 6 for 3',
      'arm-timer',
      'to 3: yes, I am in 6, led by nobody',
    ])
    assert.deepEqual(received(election, { type: 'led', epoch: 6, leader: 3 }), ['disarm-timer', 'follow 3 in 6'])
  })

  test('leads on when its timer runs out, and may hand over again', () => {
    const election = handingOver()
    assert.deepEqual(told(election.step({ type: 'hand-over', to: 2 })), [], 'one at a time')
    assert.deepEqual(told(election.step({ type: 'timeout', log })), ['disarm-timer', 'take-back'])
    assert.deepEqual(told(election.step({ type: 'caught-up', broker: 3, log })), [], 'too late')
    assert.deepEqual(told(election.step({ type: 'timeout', log })), [])
    assert.deepEqual(told(election.step({ type: 'hand-over', to: 2 })), ['hand over to 2', 'arm-timer'])
  })

  test('leads on when the other one falls silent; with a majority silent it resigns', () => {
    const silent = (...brokers: number[]) => ({ type: 'silent', brokers: new Set(brokers) }) as const
    assert.deepEqual(told(handingOver().step(silent(2))), [])
    assert.deepEqual(told(handingOver().step(silent(3))), ['disarm-timer', 'take-back'])
    const election = handingOver()
    assert.deepEqual(told(election.step(silent(2, 3))), ['resign 5', 'arm-timer'])
    assert.deepEqual(told(election.step({ type: 'caught-up', broker: 3, log })), [])
  })

  test('leads on when the other one is no voter any more', () => {
    const voters = (...brokers: number[]) => ({ type: 'voters', voters: brokers.map(replica) }) as const
    assert.deepEqual(told(handingOver().step(voters(1, 3))), [])
    assert.deepEqual(told(handingOver().step(voters(1, 2))), ['disarm-timer', 'take-back'])
  })

  test('is over with its epoch: somebody else may have been elected meanwhile', () => {
    const election = handingOver()
    received(election, { type: 'led', epoch: 7, leader: 2 })
    assert.deepEqual(told(election.step({ type: 'caught-up', broker: 3, log })), [])
    assert.deepEqual(told(election.step({ type: 'timeout', log })), [])
  })

  test('does so to nobody who is no voter, is silent, or is itself; and who does not lead has nothing to hand over', () => {
    for (const to of [1, 9]) assert.deepEqual(told(leader().step({ type: 'hand-over', to })), [])
    const election = leader()
    election.step({ type: 'silent', brokers: new Set([3]) })
    assert.deepEqual(told(election.step({ type: 'hand-over', to: 3 })), [])
    assert.deepEqual(told(electionOf(3).step({ type: 'hand-over', to: 3 })), [])
  })
})

describe('a follower that is told to stand', () => {
  const stand = { type: 'stand', epoch: 4, leader: 3, log } as const

  function follower(options: { suspect?: boolean } = {}): Election {
    const election = electionOf(3, options)
    received(election, { type: 'led', epoch: 4, leader: 3 })
    return election
  }

  test('leaves its leader and stands at once: it asks nobody whether it would be elected', () => {
    const election = follower()
    assert.deepEqual(received(election, stand), [
      'resign 4',
      'persist 5 for 1',
      'arm-timer',
      'to 2: do you vote for me in 5?',
      'to 3: do you vote for me in 5?',
    ])
    assert.equal(election.role, 'candidate')
  })

  test('follows on when it lacks something, or may have lost something', () => {
    const behind = follower()
    assert.deepEqual(received(behind, stand, { lastEpoch: 4, logStartOffset: 0, endOffset: 9 }), [])
    assert.equal(behind.role, 'follower')
    assert.deepEqual(received(follower({ suspect: true }), stand), [])
  })

  test('does so for its leader only, and in its epoch', () => {
    assert.deepEqual(received(follower(), { ...stand, leader: 2 }), [])
    assert.deepEqual(received(follower(), { ...stand, epoch: 3 }), [])
    assert.deepEqual(received(electionOf(3), stand), [], 'it follows nobody')
  })
})
