import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyConfigOperations, type ConfigOperation, isConfigRefusal, replaceConfigs } from './alter-config.ts'

const none = new Map<string, string>()

function applied(current: ReadonlyMap<string, string>, ...operations: ConfigOperation[]): unknown {
  const answer = applyConfigOperations('topic', current, operations)
  return isConfigRefusal(answer) ? answer.message : Object.fromEntries(answer)
}

test('one bad step refuses them all', () => {
  const good = { name: 'retention.ms', operation: 'set', value: '5' } as const
  assert.match(String(applied(none, good, { name: 'segment.ms', operation: 'set', value: '0' })), /at least 1/)
  assert.match(String(applied(none, good, good)), /changed twice in one request/)
  assert.match(String(applied(none, { name: 'retention.ms', operation: 'set', value: null })), /without a value/)
  assert.match(String(applied(none, { name: 'retention.ms', operation: 'append', value: '5' })), /is no list/)
  assert.match(
    String(applied(none, { name: 'retention', operation: 'append', value: '5' })),
    /unknown setting retention/,
  )
})

test('setting and taking back give only what differs', () => {
  const current = new Map([
    ['retention.ms', '5'],
    ['flush.ms', '9'],
  ])
  assert.deepEqual(applied(current, { name: 'retention.ms', operation: 'set', value: ' 05 ' }), {})
  assert.deepEqual(applied(current, { name: 'retention.ms', operation: 'set', value: '6' }), { 'retention.ms': '6' })
  assert.deepEqual(applied(current, { name: 'flush.ms', operation: 'delete', value: null }), { 'flush.ms': null })
  assert.deepEqual(applied(current, { name: 'segment.ms', operation: 'delete', value: null }), {})
})

test('items are added to and taken from what is set, or from the default', () => {
  assert.deepEqual(applied(none, { name: 'cleanup.policy', operation: 'append', value: 'compact' }), {
    'cleanup.policy': 'delete,compact',
  })
  const current = new Map([['cleanup.policy', 'delete,compact']])
  assert.deepEqual(applied(current, { name: 'cleanup.policy', operation: 'subtract', value: 'delete' }), {
    'cleanup.policy': 'compact',
  })
  assert.deepEqual(applied(current, { name: 'cleanup.policy', operation: 'append', value: 'compact' }), {})
})

test('replacing takes back what is not given', () => {
  const current = new Map([
    ['retention.ms', '5'],
    ['flush.ms', '9'],
  ])
  assert.deepEqual(
    replaceConfigs(
      'topic',
      current,
      new Map([
        ['flush.ms', '9'],
        ['segment.ms', '4'],
      ]),
    ),
    new Map([
      ['retention.ms', null],
      ['segment.ms', '4'],
    ]),
  )
})

test('a scheme that there is not is refused', () => {
  assert.match(
    String(applied(none, { name: 'replication.scheme', operation: 'set', value: 'quorum' })),
    /none of isr, majority, primary-backup/,
  )
  assert.deepEqual(applied(none, { name: 'replication.scheme', operation: 'set', value: 'isr' }), {
    'replication.scheme': 'isr',
  })
})

test('a broker takes only what may change while it runs', () => {
  const answer = applyConfigOperations('broker', none, [{ name: 'log.dirs', operation: 'append', value: '/b' }])
  assert.ok(isConfigRefusal(answer))
  assert.match(answer.message, /cannot change while the broker runs/)
})
