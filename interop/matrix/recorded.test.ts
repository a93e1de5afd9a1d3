import assert from 'node:assert/strict'
import { test } from 'node:test'
import { caseNames } from '../cases/case-name.ts'
import type { Result } from '../result.ts'
import { withRun } from './recorded.ts'

const all = caseNames.flatMap((name) =>
  ['trilog', 'kafka'].map(
    (on): Result => ({
      client: 'c',
      version: '2',
      case: name,
      on,
      outcome: 'pass',
      note: 'n',
      varying: on,
      seconds: 1,
    }),
  ),
)
const known = { c: { version: '1', date: 'before', cases: {} } }

test('a client whose every case was run on both brokers takes the place of what was known', () => {
  const { c } = withRun(known, all, 'now')
  assert.equal(c?.version, '2')
  assert.equal(c.date, 'now')
  assert.deepEqual(c.cases.admin, { outcome: 'pass', note: 'n' })
})

test('results that differ are a failure that names both', () => {
  const [first, ...rest] = all
  assert.ok(first !== undefined)
  const { c } = withRun(known, [{ ...first, outcome: 'fail', note: 'bad' }, ...rest], 'now')
  assert.deepEqual(c?.cases.admin, { outcome: 'fail', note: 'trilog: fail, bad; kafka: pass, n' })
})

test('a client that was skipped, or run in part or on one broker, keeps what was known', () => {
  assert.deepEqual(withRun(known, all.slice(2), 'now'), known)
  assert.deepEqual(
    withRun(
      known,
      all.filter(({ on }) => on === 'trilog'),
      'now',
    ),
    known,
  )
  assert.deepEqual(
    withRun(
      known,
      all.map((result) => ({ ...result, outcome: 'skip' as const })),
      'now',
    ),
    known,
  )
})
