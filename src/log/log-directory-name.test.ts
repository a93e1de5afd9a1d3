import assert from 'node:assert/strict'
import { test } from 'node:test'
import { folderAside, parseFolderName } from './log-directory-name.ts'

const unique = '0123456789abcdef0123456789abcdef'

test('partition folders are told from those set aside, in Kafka’s names', () => {
  const partition = (topic: string, number: number) => ({ kind: 'partition', name: { topic, partition: number } })
  assert.deepEqual(parseFolderName('flights-0'), partition('flights', 0))
  assert.deepEqual(parseFolderName('a.b-c-12'), partition('a.b-c', 12))
  assert.deepEqual(parseFolderName('with-delete-3'), partition('with-delete', 3))
  assert.deepEqual(parseFolderName(`flights-0.${unique}-delete`), { kind: 'deleted' })
  assert.deepEqual(parseFolderName(`flights-0.${unique}-stray`), { kind: 'stray' })
  assert.deepEqual(parseFolderName(`flights-0.${unique}-future`), { kind: 'future' })
})

test('other folders are nobody’s partition', () => {
  for (const name of [
    'lost+found',
    'remote-log-index-cache',
    'flights',
    'flights-',
    '-0',
    'flights-01',
    'flights-x',
    '.snapshots',
  ]) {
    assert.deepEqual(parseFolderName(name), { kind: 'foreign' }, name)
  }
})

test('the longest topic name still fits when it is set aside', () => {
  const name = folderAside({ topic: 't'.repeat(249), partition: 123456 }, unique, 'delete')
  assert.equal(name.length, 255)
  assert.deepEqual(parseFolderName(name), { kind: 'deleted' })
})
