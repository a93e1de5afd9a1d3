import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rangeAssignor, roundRobinAssignor } from './assignors.ts'
import { keyOf } from './offsets.ts'

const topics = ['a', 'b', 'c']
const members = fc
  .array(fc.subarray(topics, { minLength: 1 }), { minLength: 1, maxLength: 6 })
  .map((wanted) => wanted.map((mine, index) => ({ memberId: `m${index}`, topics: mine })))
const counts = fc.tuple(...topics.map(() => fc.integer({ min: 0, max: 9 })))

for (const assignor of [rangeAssignor, roundRobinAssignor]) {
  test(`${assignor.name}: every wanted partition has exactly one owner, who wants it`, () => {
    fc.assert(
      fc.property(members, counts, (group, sizes) => {
        const partitionsOf = new Map(topics.map((topic, index) => [topic, sizes[index] as number]))
        const assigned = assignor.assign(group, partitionsOf)
        const owned: string[] = []
        for (const member of group) {
          for (const at of assigned.get(member.memberId) ?? []) {
            assert.ok(member.topics.includes(at.topic))
            owned.push(keyOf(at))
          }
        }
        const wanted = topics
          .filter((topic) => group.some((member) => member.topics.includes(topic)))
          .flatMap((topic) => Array.from({ length: partitionsOf.get(topic) ?? 0 }, (_, n) => `${topic}-${n}`))
        assert.deepEqual(owned.sort(), wanted.sort())
      }),
    )
  })
}

test('members that want the same differ by one partition per topic at most', () => {
  const group = ['m2', 'm0', 'm1'].map((memberId) => ({ memberId, topics: ['a'] }))
  const range = rangeAssignor.assign(group, new Map([['a', 7]]))
  assert.deepEqual(
    ['m0', 'm1', 'm2'].map((id) => range.get(id)?.map(({ partition }) => partition)),
    [
      [0, 1, 2],
      [3, 4],
      [5, 6],
    ],
  )
  const dealt = roundRobinAssignor.assign(group, new Map([['a', 7]]))
  assert.deepEqual(
    ['m0', 'm1', 'm2'].map((id) => dealt.get(id)?.map(({ partition }) => partition)),
    [
      [0, 3, 6],
      [1, 4],
      [2, 5],
    ],
  )
})
