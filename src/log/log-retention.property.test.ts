import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Timestamp } from '../record/offset.ts'
import type { SimNode } from '../runtime/sim/sim-node.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { DelayedRemovals } from './delayed-removals.ts'
import type { Log } from './log.ts'
import { batchOf, openTestLog, rangesOf, readAll, testSettings } from './log-fixture.ts'

const retention = { ms: 500, bytes: 900 }
const settings = {
  ...testSettings,
  segmentBytes: 300,
  indexIntervalBytes: 100,
  flushMessages: 1,
  timestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
  retention,
  fileDeleteDelayMs: 50,
}

type Step =
  | { do: 'append'; size: number; age: number }
  | { do: 'wait'; ms: number }
  | { do: 'expire'; committed: boolean }
  | { do: 'reopen' | 'kill' | 'power-cut'; during: boolean }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      size: fc.integer({ min: 0, max: 150 }),
      age: fc.constantFrom(0, 0, 0, 400, 2000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 400 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('expire' as const), committed: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('reopen' as const, 'kill' as const, 'power-cut' as const),
      during: fc.boolean(),
    }),
  },
)

/** The slow obvious twin: a list of segments, each with what it holds. */
interface TwinSegment {
  readonly base: number
  bytes: number
  newest: Timestamp
}

class Life {
  readonly world: SimWorld
  readonly node: SimNode
  log!: Log
  removals!: DelayedRemovals
  /** What the checkpoint of log starts holds. */
  durableStart = 0

  constructor(seed: number) {
    this.world = new SimWorld(seed)
    this.node = this.world.node('a')
  }

  async open(how: { clean: boolean; powerCut: boolean }): Promise<void> {
    const { runtime } = this.node
    this.removals = new DelayedRemovals(runtime)
    const options = { settings, removals: this.removals, logStartOffset: this.durableStart, ...how }
    this.log = (await this.world.complete(openTestLog(runtime, options))).log
    assert.deepEqual(this.log.recovery.damage, [])
  }

  end(how: 'reopen' | 'kill' | 'power-cut'): void {
    if (how === 'power-cut') this.node.powerCut()
    this.node.restart()
  }
}

test('a log gives up what a list of segments gives up, and a crash at any moment neither loses nor holes it', async () => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.integer(), async (steps, seed) => {
    const life = new Life(seed)
    await life.open({ clean: true, powerCut: false })
    let end = 0
    const times: Timestamp[] = []
    let twin: TwinSegment[] = [{ base: 0, bytes: 0, newest: -1 }]
    let start = 0
    for (const one of steps) {
      const { world, node } = life
      const now = node.runtime.clock.nowMs()
      if (one.do === 'wait') await world.run({ untilMs: world.nowMs + one.ms })
      if (one.do === 'append') {
        const batch = batchOf(['x'.repeat(one.size)], { timestamp: now - one.age })
        life.log.append(batch, 0)
        await world.complete(life.log.flush())
        times.push(now - one.age)
        twin = appended(twin, { offset: end++, bytes: batch.bytes.length, timestamp: now - one.age })
      }
      if (one.do === 'expire') {
        const highWatermark = one.committed ? end : Math.floor(end / 2)
        const moved = await world.complete(life.log.expire(highWatermark))
        twin = kept(twin, { now: node.runtime.clock.nowMs(), end, highWatermark })
        const moves = (twin[0]?.base ?? 0) > start
        start = Math.max(start, twin[0]?.base ?? 0)
        assert.equal(moved, moves)
        assert.equal(life.log.logStartOffset, start)
        life.durableStart = start
        await world.complete(life.log.removeBelowLogStart())
        // One that a kill has kept from being removed goes once another follows it, wherever the high watermark is.
        twin = twin.filter((_segment, at) => (twin[at + 1]?.base ?? Number.MAX_SAFE_INTEGER) > start)
        assert.deepEqual(
          life.log.segments().map(({ baseOffset, sizeBytes }) => [baseOffset, sizeBytes]),
          twin.map(({ base, bytes }) => [base, bytes]),
        )
      }
      if (one.do === 'reopen' || one.do === 'kill' || one.do === 'power-cut') {
        if (one.during) {
          // The end comes while a move of the log start is being carried out.
          await world.complete(life.log.expire(end))
          life.durableStart = Math.max(life.durableStart, life.log.logStartOffset)
          void life.log.removeBelowLogStart().catch(() => {})
          await world.run({ untilMs: world.nowMs + world.random.between(0, 40) })
        } else if (one.do === 'reopen') {
          await world.complete(life.log.close())
        }
        life.end(one.do)
        await life.open({ clean: one.do === 'reopen' && !one.during, powerCut: one.do === 'power-cut' })
        start = life.log.logStartOffset
        assert.ok(start >= life.durableStart)
        // How far the removal came is not to be known; the records tell whether it went wrong.
        twin = segmentsOf(life.log, times)
      }
      assert.equal(life.log.logEndOffset, end)
      const expected = Array.from({ length: end - start }, (_, i) => [start + i, start + i])
      assert.deepEqual(rangesOf(await world.complete(readAll(life.log, start))), expected)
    }
  })
  await fc.assert(property, { numRuns: 200 })
})

function appended(twin: TwinSegment[], one: { offset: number; bytes: number; timestamp: Timestamp }): TwinSegment[] {
  const last = twin[twin.length - 1] as TwinSegment
  if (last.bytes > 0 && last.bytes > settings.segmentBytes - one.bytes) {
    return [...twin, { base: one.offset, bytes: one.bytes, newest: one.timestamp }]
  }
  last.bytes += one.bytes
  last.newest = Math.max(last.newest, one.timestamp)
  return twin
}

function segmentsOf(log: Log, times: readonly Timestamp[]): TwinSegment[] {
  const segments = log.segments()
  return segments.map(({ baseOffset: base, sizeBytes: bytes }, i) => {
    const newest = Math.max(-1, ...times.slice(base, segments[i + 1]?.baseOffset))
    return { base, bytes, newest }
  })
}

function kept(twin: TwinSegment[], at: { now: number; end: number; highWatermark: number }): TwinSegment[] {
  const left = [...twin]
  for (;;) {
    const [first, second] = left
    if (first === undefined || first.bytes === 0) return left
    const size = left.reduce((sum, { bytes }) => sum + bytes, 0)
    const mayGo = size - first.bytes >= retention.bytes || at.now - first.newest > retention.ms
    if (!mayGo || (second?.base ?? at.end) > at.highWatermark) return left
    left.shift()
    if (left.length === 0) left.push({ base: at.end, bytes: 0, newest: -1 })
  }
}
