import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { CatchUpThrottle, isThrottled } from './catch-up-throttle.ts'

async function after(ms: number, world: SimWorld): Promise<void> {
  await world.run({ untilMs: world.nowMs + ms })
}

function throttleAt(rate: { bytes: number }): { world: SimWorld; throttle: CatchUpThrottle } {
  const world = new SimWorld(1)
  return { world, throttle: new CatchUpThrottle(world.node('a').runtime.clock, () => rate.bytes) }
}

describe('a throttle', () => {
  test('lets anything through at first, and nothing more until that is paid off at the rate', async () => {
    const { world, throttle } = throttleAt({ bytes: 1000 })
    assert.equal(throttle.waitMs(), 0)
    throttle.moved(500)
    assert.equal(throttle.waitMs(), 500)
    await after(200, world)
    assert.equal(throttle.waitMs(), 300)
    throttle.moved(100)
    assert.equal(throttle.waitMs(), 400)
    await after(400, world)
    assert.equal(throttle.waitMs(), 0)
  })

  test('saves nothing up while nothing moves', async () => {
    const { world, throttle } = throttleAt({ bytes: 1000 })
    await after(60_000, world)
    throttle.moved(1000)
    assert.equal(throttle.waitMs(), 1000)
  })

  test('goes by the rate of the moment, and is asked again within a second', async () => {
    const rate = { bytes: 10 }
    const { world, throttle } = throttleAt(rate)
    throttle.moved(1000)
    assert.equal(throttle.waitMs(), 1000)
    rate.bytes = 10_000
    assert.equal(throttle.waitMs(), 100)
    rate.bytes = 0
    await after(5_000, world)
    assert.equal(throttle.waitMs(), 1000)
  })
})

test('a list names replicas one by one, or all', () => {
  const cases: [string[], boolean][] = [
    [[], false],
    [['*'], true],
    [['3:1'], true],
    [['1:3', '3:2', '31:1'], false],
  ]
  for (const [listed, expected] of cases) assert.equal(isThrottled(listed, 3, 1), expected, listed.join())
})
