import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, tablesOf } from './report.ts'

const measured = (recordsPerSecond: number) => ({
  recordsPerSecond,
  cpuSecondsPerMillion: null,
  residentMiB: null,
  cutOff: false,
})

test('the median of an even number of rounds is the mean of the middle two', () => {
  assert.equal(median([4, 1, 3, 2]), 2.5)
  assert.equal(median([7, 1, 3]), 3)
})

test('figures that are not known are left out, not counted as zero', () => {
  assert.equal(median([null, 5, null]), 5)
  assert.equal(median([null]), null)
})

test('the ratio is that of the first system to the second', () => {
  const loads = [
    { load: 'write', system: 'trilog', runs: [measured(300)] },
    { load: 'write', system: 'kafka', runs: [measured(200)] },
  ]
  const text = tablesOf({ machine: 'm', rounds: 1, loads, coldStarts: [] })
  assert.match(text, /trilog ÷ kafka/)
  assert.match(text, /write.*300.*200.*1\.50/)
  assert.doesNotMatch(text, /RSS/)
})
