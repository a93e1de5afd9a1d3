import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkOwnership } from './check-ownership.ts'
import type { HistoryEvent } from './history.ts'

const owns = (
  member: string,
  generation: number,
  partitions: string[],
  eras: { era: number; eraThrough: number } = { era: 0, eraThrough: 0 },
): HistoryEvent => ({ type: 'owns', group: 'g', member, generation, partitions, ...eras })

const givesUp = (member: string): HistoryEvent => ({ type: 'gives-up', group: 'g', member })
const committed: HistoryEvent = { type: 'committed', group: 'g', partition: 't/0', offset: 1, era: 0, eraThrough: 0 }

const codes = (...events: HistoryEvent[]) => checkOwnership(events).map(({ code }) => code)
const codesOfOne = (...events: HistoryEvent[]) =>
  checkOwnership(events, { isExclusive: true, mayForget: true }).map(({ code }) => code)

test('found: one partition has two owners in one generation', () => {
  assert.deepEqual(codes(owns('one', 3, ['t/0', 't/1']), owns('other', 3, ['t/1'])), ['two owners'])
})

test('found: the generation of a member goes back', () => {
  assert.deepEqual(codes(owns('one', 3, []), owns('one', 2, [])), ['generation went back'])
})

test('passes: other generations, other partitions, the same member again', () => {
  assert.deepEqual(codes(owns('one', 3, ['t/0']), owns('other', 3, ['t/1']), owns('other', 4, ['t/0'])), [])
  assert.deepEqual(codes(owns('one', 3, ['t/0']), owns('one', 3, ['t/0'])), [])
})

test('passes: a power cut may have taken the generation', () => {
  const later = { era: 1, eraThrough: 1 }
  assert.deepEqual(codes(owns('one', 3, ['t/0']), owns('other', 3, ['t/0'], later), owns('one', 2, [], later)), [])
  assert.deepEqual(codes(owns('one', 3, ['t/0']), owns('other', 3, ['t/0'], { era: 0, eraThrough: 1 })), [])
})

test('found, with one coordinator: a member owns what another has not given up', () => {
  assert.deepEqual(codesOfOne(owns('one', 3, ['t/0', 't/1']), owns('other', 4, ['t/1'])), ['two owners'])
  assert.deepEqual(codesOfOne(owns('one', 3, ['t/0']), owns('one', 4, []), owns('other', 4, ['t/0'])), [])
  assert.deepEqual(codesOfOne(owns('one', 3, ['t/0']), givesUp('one'), owns('other', 4, ['t/0'])), [])
})

test('passes, with one coordinator: a power cut may have taken the generation in which it was given up', () => {
  const cut: HistoryEvent = { type: 'fault', fault: 'power-cut' }
  const later = { era: 1, eraThrough: 1 }
  assert.deepEqual(codesOfOne(owns('one', 3, ['t/0']), cut, owns('other', 3, ['t/0'], later)), [])
})

test('passes: a group that was empty, and had nothing left, begins again', () => {
  const before = [owns('one', 3, ['t/0']), givesUp('one')]
  const after = [owns('other', 1, ['t/0']), givesUp('other'), owns('one', 2, [])]
  assert.deepEqual(codesOfOne(...before, ...after), [])
  assert.deepEqual(codesOfOne(committed, ...before, { type: 'aged' }, ...after), [])
})

test('found: a group that keeps offsets, or that has a member, begins again', () => {
  const after = [owns('one', 1, ['t/0'])]
  assert.deepEqual(codesOfOne(committed, owns('one', 3, ['t/0']), givesUp('one'), ...after), ['generation went back'])
  assert.deepEqual(codesOfOne(owns('one', 3, ['t/0']), { type: 'aged' }, ...after), ['generation went back'])
})
