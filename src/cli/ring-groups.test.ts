import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ringGroups } from './ring-groups.ts'

const text = (id: number, brokers: number, backups: number): string =>
  ringGroups(id, brokers, backups)
    .map(({ name, members }) => `${name}:${members.join('+')}`)
    .join(' ')

test('each broker is the first of its groups, and the next in the ring come after it', () => {
  assert.equal(text(1, 1, 1), 'group-1:1')
  assert.equal(text(2, 2, 1), 'group-2:2+1')
  assert.equal(text(3, 3, 1), 'group-3:3+1 majority-3:3+1+2')
  assert.equal(text(4, 4, 2), 'group-4:4+1+2 majority-4:4+1+2')
  assert.equal(text(6, 7, 1), 'group-6:6+7 majority-6:6+7+1+2+3')
})
