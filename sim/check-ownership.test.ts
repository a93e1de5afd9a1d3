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

const codes = (...events: HistoryEvent[]) => checkOwnership(events).map(({ code }) => code)

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
