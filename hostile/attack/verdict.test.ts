import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attacks } from './attacks/all.ts'
import type { Attack } from './attack.ts'
import { runAttacks } from './run-attacks.ts'
import { type Outcome, verdictOf } from './verdict.ts'

const served = { count: 100, longestMs: 50, failure: null }
const harmless: Outcome = {
  attack: attacks[0] as Attack,
  crowd: { opened: 1, closed: 0, refused: 0, sentBytes: 1, readBytes: 0 },
  restMiB: 100,
  mostMiB: 200,
  afterMiB: 150,
  heldMiB: 0,
  during: served,
  after: served,
  busyTimes: { during: 1, after: 1 },
  running: true,
}

test('who harms nobody is let off', () => {
  assert.deepEqual(verdictOf(harmless), [])
})

for (const [what, outcome, said] of [
  ['a broker that has ended', { running: false }, /has ended/],
  ['memory beyond the bound', { mostMiB: 5_000 }, /grew by 4900 MiB/],
  ['a process that stays large', { afterMiB: 4_000 }, /3900 MiB did not come back/],
  ['answers that are still held', { heldMiB: 80 }, /still hold 80.0 MiB/],
  ['a broker that does not tell its metrics', { heldMiB: Number.POSITIVE_INFINITY }, /does not say any more/],
  ['a client that was not served', { during: { ...served, count: 0 } }, /no round trip during/],
  ['a client that waited too long', { during: { ...served, longestMs: 9_000 } }, /took 9000 ms during/],
  ['a client that is slow afterwards', { after: { ...served, longestMs: 2_000 } }, /took 2000 ms after/],
  ['a client that got an error', { after: { ...served, failure: 'no answer' } }, /failed after it: no answer/],
] as const) {
  test(`${what} is seen`, () => {
    const wrong = verdictOf({ ...harmless, ...outcome })
    assert.equal(wrong.length, 1)
    assert.match(wrong[0] ?? '', said)
  })
}

test('where the machine is busy with other work more time is allowed, but not without end', () => {
  const slow = { ...harmless, during: { ...served, longestMs: 8_000 } }
  assert.equal(verdictOf(slow).length, 1)
  assert.equal(verdictOf({ ...slow, busyTimes: { during: 1, after: 9 } }).length, 1)
  assert.equal(verdictOf({ ...slow, busyTimes: { during: 3, after: 1 } }).length, 0)
  const endless = { ...served, longestMs: 31_000 }
  assert.equal(verdictOf({ ...slow, busyTimes: { during: 90, after: 1 }, during: endless }).length, 1)
})

test('an attack that there is not is wrong usage', async () => {
  assert.equal(await runAttacks(['kindness']), 2)
})
