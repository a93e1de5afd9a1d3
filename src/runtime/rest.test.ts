import assert from 'node:assert/strict'
import { test } from 'node:test'
import { restUntil } from './rest.ts'
import { SimWorld } from './sim/sim-world.ts'

/** How long a rest goes on that is due `ms` from its begin. `isOver` is given how long it has gone on. */
async function restedMs(ms: number, isOver: (passedMs: number) => boolean): Promise<number> {
  const world = new SimWorld(1)
  const { clock } = world.node('a').runtime
  const startMs = clock.monotonicMs()
  const passedMs = () => Math.round(clock.monotonicMs() - startMs)
  await world.complete(
    restUntil(clock, startMs + ms, () => isOver(passedMs())),
    10_000,
  )
  return passedMs()
}

test('a rest ends when it is due', async () => {
  assert.equal(await restedMs(1_700, () => false), 1_700)
})

test('a rest that was due before it began takes no time', async () => {
  assert.equal(await restedMs(-5, () => false), 0)
})

test('a rest that nobody waits for any more ends within half a second', async () => {
  assert.equal(await restedMs(9_000, (passedMs) => passedMs > 600), 1_000)
})
