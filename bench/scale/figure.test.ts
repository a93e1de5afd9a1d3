import assert from 'node:assert/strict'
import { test } from 'node:test'
import { figureTable, isBeyond } from './figure.ts'

test('a figure beyond its bound says so, one within it too, and one without says nothing', () => {
  const lines = figureTable([
    { what: 'slow', value: 5.01, unit: 's', digits: 2, atMost: 5 },
    { what: 'fast', value: 5, unit: 's', digits: 2, atMost: 5 },
    { what: 'plain', value: 1234, unit: 'MiB' },
  ]).split('\n')
  assert.match(lines.find((line) => line.includes('slow')) ?? '', /5\.01 s.*5\.00 s.*BEYOND/)
  assert.match(lines.find((line) => line.includes('fast')) ?? '', /5\.00 s.*within/)
  assert.doesNotMatch(lines.find((line) => line.includes('plain')) ?? '', /BEYOND|within/)
})

test('a figure that could not be measured is beyond any bound', () => {
  assert.ok(isBeyond({ what: 'unknown', value: Number.NaN, unit: '', atMost: 1 }))
})
