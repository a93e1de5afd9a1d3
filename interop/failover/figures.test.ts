import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Receipt } from '../../src/receipt/receipt.ts'
import { figuresOf } from './figures.ts'
import { receipted } from './receipted.ts'
import { promises, type Promised } from './promises.ts'
import type { Round } from './round.ts'

const [isr, one, , async] = promises as [Promised, Promised, Promised, Promised]

const round = (promised: Promised, more: Partial<Round> = {}): Round => ({
  promised,
  fault: 'kill',
  firstAck: 200,
  sent: 10,
  acked: 10,
  errors: 0,
  lost: 0,
  lostAt: [],
  inReceipts: 0,
  cut: 0,
  duplicates: 0,
  reordered: 0,
  gap: 200,
  error: '-',
  ...more,
})

const bound = { median: 1_000, max: 3_000 }

const brokenIn = (...rounds: Round[]): readonly string[] => figuresOf(rounds, bound).flatMap(({ broken }) => broken)

describe('what the rounds of a failover have shown', () => {
  test('is told by scheme and fault: least, median and most, and sums', () => {
    const [figures] = figuresOf(
      [500, 100, 300].map((firstAck) => round(isr, { firstAck })),
      bound,
    )
    assert.deepEqual(figures?.firstAck, { min: 100, median: 300, max: 500 })
    assert.equal(figures?.acked, 30)
    assert.deepEqual(figures?.broken, [])
  })

  test('breaks a promise when an acknowledged record is lost, seen twice or out of order', () => {
    assert.equal(brokenIn(round(isr, { lost: 1, inReceipts: 1, duplicates: 2, reordered: 3 })).length, 3)
  })

  test('breaks none with what was acknowledged by the leader alone', () => {
    assert.deepEqual(brokenIn(round(one, { lost: 1, inReceipts: 1, duplicates: 2, reordered: 3 })), [])
  })

  test('must lose what only a leader had that is killed: else nothing is looked at', () => {
    assert.equal(brokenIn(round(one, { fault: 'kill-ahead' })).length, 1)
    assert.deepEqual(brokenIn(round(one, { fault: 'kill-ahead', lost: 2, inReceipts: 2 })), [])
  })

  test('breaks a promise, whatever the scheme, when a lost record is in no receipt', () => {
    assert.deepEqual(brokenIn(round(one, { lost: 3, inReceipts: 2 })), ['1 lost records in no receipt'])
  })

  test('breaks a promise when it takes too long, or for ever; a fixed primary has no bound but its return', () => {
    assert.equal(brokenIn(round(isr, { firstAck: 1_200 })).length, 1)
    assert.equal(brokenIn(round(isr), round(isr), round(isr, { firstAck: 3_100 })).length, 1)
    assert.equal(brokenIn(round(isr, { firstAck: null })).length, 1)
    assert.deepEqual(brokenIn(round(async, { firstAck: 5_000 })), [])
    assert.deepEqual(brokenIn(round(isr, { fault: 'pause', firstAck: 5_000 })), [])
  })
})

test('a lost record is in a receipt of its partition, from its first offset to its last; of bounds there is no last', () => {
  const cut = { partition: 0, kind: 'cut', from: 5, to: 8, cut: { records: 3 } } as Receipt
  const bounds = { partition: 0, kind: 'bounds', from: 20, to: 22, cut: null } as Receipt
  const lostAt = [4, 5, 7, 8, 19, 20, 99]
  assert.deepEqual(receipted([cut, bounds], { partition: 0, lostAt }), { inReceipts: 4, cut: 3 })
  assert.deepEqual(receipted([cut, bounds], { partition: 1, lostAt }), { inReceipts: 0, cut: 0 })
})
