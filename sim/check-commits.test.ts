import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkCommits } from './check-commits.ts'
import type { HistoryEvent } from './history.ts'

const eras = { era: 0, eraThrough: 0 }
const later = { era: 1, eraThrough: 1 }
const committed = (offset: number, when = eras): HistoryEvent[] => [
  { type: 'committing', group: 'g', partition: 't/0' },
  { type: 'committed', group: 'g', partition: 't/0', offset, ...when },
]
const read = (offset: number, when = eras): HistoryEvent => ({
  type: 'committed-read',
  group: 'g',
  partition: 't/0',
  offset,
  ...when,
})
const aged: HistoryEvent = { type: 'aged' }
const cut: HistoryEvent = { type: 'fault', fault: 'power-cut' }
const owns: HistoryEvent = { type: 'owns', group: 'g', member: 'one', generation: 1, partitions: [], ...eras }

const isFound = (...events: HistoryEvent[]): boolean => checkCommits(events, { mayExpire: true }).length > 0

test('found: a committed offset goes back, or is not there any more', () => {
  assert.ok(isFound(...committed(5), read(4)))
  assert.ok(isFound(...committed(5), read(-1)))
  assert.ok(isFound(aged, ...committed(5), read(-1)))
})

test('passes: an offset is gone once it may have expired, all of it', () => {
  assert.ok(!isFound(...committed(5), aged, read(-1)))
  assert.ok(!isFound(...committed(5), aged, read(5), read(-1)))
  assert.ok(isFound(...committed(5), aged, read(4)))
  assert.ok(checkCommits([...committed(5), aged, read(-1)]).length > 0, 'where offsets do not expire')
})

test('found: an offset of a group with a member is gone', () => {
  assert.ok(isFound(...committed(5), owns, aged, read(-1)))
  assert.ok(!isFound(...committed(5), owns, { type: 'gives-up', group: 'g', member: 'one' }, aged, read(-1)))
})

test('found: one that was gone is told again', () => {
  assert.ok(isFound(...committed(5), aged, read(-1), read(5)))
  assert.ok(!isFound(...committed(5), aged, read(-1), ...committed(0), read(0)))
  assert.ok(!isFound(...committed(5), aged, read(-1), cut, read(5, later)))
})

test('passes: the clock jumped while the commit was on its way', () => {
  const [committing, answered] = committed(5) as [HistoryEvent, HistoryEvent]
  assert.ok(!isFound(committing, aged, answered, read(-1)))
})

test('passes: a power cut took it', () => {
  assert.ok(!isFound(...committed(5), cut, read(3, later)))
  assert.ok(isFound(...committed(5), { type: 'stopped' }, cut, read(3, later)))
})

const topic = (wanted: 'made' | 'deleted', answered = true): HistoryEvent => ({
  type: 'topic',
  name: 't',
  wanted,
  answered,
})

test('found: a topic that was made anew has the offset of the one before', () => {
  assert.ok(isFound(...committed(5), topic('deleted'), topic('made'), read(5)))
  assert.ok(!isFound(...committed(5), topic('deleted'), topic('made'), read(-1)))
  assert.ok(!isFound(...committed(5), topic('deleted'), read(5)), 'nobody has made another yet')
  assert.ok(!isFound(...committed(5), topic('deleted'), topic('made'), ...committed(0), read(0)))
})

test('passes: whether the topic was deleted is not known', () => {
  assert.ok(!isFound(...committed(5), topic('deleted', false), read(-1)))
  assert.ok(!isFound(...committed(5), topic('deleted', false), topic('made'), ...committed(6), read(-1)))
})
