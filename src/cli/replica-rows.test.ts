import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReplicaState } from '../client/replica-states.ts'
import { replicaFacts, replicasText } from './replica-rows.ts'

const state = (broker: number, logEndOffset: number, more: Partial<ReplicaState> = {}): ReplicaState => ({
  broker,
  topic: 't',
  partition: 0,
  leads: false,
  leader: 1,
  leaderEpoch: 0,
  logStartOffset: 0,
  logEndOffset,
  highWatermark: 0,
  suspect: false,
  group: null,
  ...more,
})

const partition = { replicas: [1, 2, 3, 4], leader: 1, inSync: [1, 2] }

test('each replica has its role, where its log ends and what it lacks of the leader’s', () => {
  const states = [state(1, 9, { leads: true }), state(2, 9), state(3, 4), state(4, 2, { suspect: true })]
  const told = (scheme: 'isr' | 'majority' | 'primary-backup'): string =>
    replicasText(replicaFacts(partition, states, scheme))
  assert.equal(told('isr'), '1 leader 9, 2 in sync 9, 3 behind 4 (-5), 4 suspect 2 (-7)')
  assert.equal(told('majority'), '1 leader 9, 2 voter 9, 3 voter 4 (-5), 4 suspect 2 (-7)')
  assert.equal(told('primary-backup'), '1 primary 9, 2 backup 9, 3 backup 4 (-5), 4 suspect 2 (-7)')
})

test('what a leader has that is away nobody knows, so that there is no lag to tell', () => {
  const told = replicaFacts({ ...partition, leader: -1 }, [state(2, 9), state(3, 4)], 'isr')
  assert.equal(replicasText(told), '1 away, 2 in sync 9, 3 behind 4, 4 away')
  assert.deepEqual(told[0], { broker: 1, role: 'away', logEndOffset: null, lag: null })
})
