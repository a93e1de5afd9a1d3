import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metadataEvents } from './metadata-events.ts'

const partition = { type: 'partition', topicId: 't', partition: 0, leader: 1, inSync: [1, 2, 3] }

const logOf = (...records: readonly object[]): string[] => [
  '{"baseOffset":0,"lastOffset":9}',
  ...records.map((decoded, offset) => JSON.stringify({ offset, decoded })),
]

test('a broker that is fenced, a leader that changes and a set that shrinks are counted, growth is not', () => {
  const lines = logOf(
    partition,
    { type: 'broker-change', brokerId: 1, fenced: true },
    { ...partition, type: 'partition-change', leader: 2, inSync: [2, 3] },
    { type: 'register-broker', brokerId: 1 },
    { type: 'broker-change', brokerId: 1, fenced: false },
    { ...partition, type: 'partition-change', leader: 2, inSync: [1, 2, 3] },
  )
  assert.deepEqual(metadataEvents(lines, 0), { fences: 2, leaderChanges: 1, shrinks: 1 })
})

test('what lies before the offset is known, and not counted', () => {
  const shrunk = { ...partition, type: 'partition-change', inSync: [1, 2] }
  assert.deepEqual(metadataEvents(logOf(partition, shrunk), 2), { fences: 0, leaderChanges: 0, shrinks: 0 })
  assert.deepEqual(metadataEvents(logOf(partition, shrunk), 1), { fences: 0, leaderChanges: 0, shrinks: 1 })
})
