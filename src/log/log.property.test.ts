import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BatchHeader } from '../record/batch-header.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { FileHandles } from './file-handles.ts'
import type { Log } from './log.ts'
import { advanceLogStart, batchOf, bytesOf, openTestLog, testSettings } from './log-fixture.ts'
import { TailMemory } from './tail-memory.ts'

type Step =
  | { do: 'append'; records: number; size: number; newEpoch: boolean }
  | { do: 'read'; from: number; upTo: number; maxBytes: number; minOneBatch: boolean }
  | { do: 'flush' | 'roll' | 'reopen' | 'crash' }
  | { do: 'truncate' | 'advance'; to: number }

/** Of integers: doubles of fast-check are mostly next to 0 or 1. */
const share = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      records: fc.integer({ min: 1, max: 5 }),
      size: fc.integer({ min: 0, max: 300 }),
      newEpoch: fc.boolean(),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      from: share,
      upTo: share,
      maxBytes: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 400, max: 30_000 })),
      minOneBatch: fc.boolean(),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('flush', 'roll', 'reopen', 'crash') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('truncate', 'advance'), to: share }) },
)

const settings = { ...testSettings, segmentBytes: 1500, indexIntervalBytes: 250 }

/** The slow obvious twin: the batches, in order, as the log should hold them. */
class Twin {
  batches: Buffer[] = []
  start = 0
  end = 0

  read(from: number, upTo: number, maxBytes: number, minOneBatch: boolean): Buffer[] {
    const given: Buffer[] = []
    let room = maxBytes
    for (const batch of this.batches) {
      const { lastOffset } = new BatchHeader(batch)
      if (lastOffset < from) continue
      if (lastOffset >= upTo) break
      if (batch.length > room && !(given.length === 0 && minOneBatch)) break
      given.push(batch)
      room -= batch.length
    }
    return given
  }

  truncate(to: number): void {
    const kept = this.batches.filter((batch) => new BatchHeader(batch).lastOffset < to)
    const cut = this.batches[kept.length]
    // A batch that the log start cuts in two goes as a whole, and the log begins anew behind it.
    this.end = cut === undefined ? this.end : Math.max(this.start, Math.min(to, new BatchHeader(cut).baseOffset))
    this.batches = kept
  }
}

test('a log gives what an array of batches gives, through any appends, reads, cuts, rolls and restarts', async () => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer(), async (steps, seed) => {
    const world = new SimWorld(seed)
    await world.complete(run(world, steps))
  })
  await fc.assert(property, { numRuns: 300 })
})

async function run(world: SimWorld, steps: readonly Step[]): Promise<void> {
  const node = world.node('a')
  const tail = new TailMemory({ maxBytes: 4096, chunkBytes: 1024 })
  const files = new FileHandles(node.runtime.disk, 3)
  const open = async (clean: boolean) =>
    (await openTestLog(node.runtime, { settings, tail, files, clean, logStartOffset: twin.start })).log
  const twin = new Twin()
  let log = await open(true)
  let epoch = 0
  for (const step of steps) {
    switch (step.do) {
      case 'append': {
        if (step.newEpoch) epoch++
        const batch = batchOf(Array.from({ length: step.records }, () => 'x'.repeat(step.size)))
        if (!tail.canTake(batch.bytes.length)) await log.flush()
        const { baseOffset, lastOffset } = log.append(batch, epoch)
        assert.equal(baseOffset, twin.end)
        twin.end = lastOffset + 1
        const copy = Buffer.from(batch.bytes)
        copy.writeBigInt64BE(BigInt(baseOffset), 0)
        copy.writeInt32BE(epoch, 12)
        twin.batches.push(copy)
        break
      }
      case 'read':
        await compareRead(log, twin, step)
        break
      case 'flush':
        await log.flush()
        assert.equal(log.flushedUpTo, twin.end)
        break
      case 'roll':
        await log.roll()
        break
      case 'reopen':
        await log.close()
        log = await open(true)
        // Of an empty log that has a segment below its start no epoch is known: that segment is looked at.
        if (twin.end > twin.start) assert.equal(log.recovery.scannedBytes, 0)
        break
      case 'crash':
        // As a killed process whose writes have all reached the page cache: nothing was closed.
        await log.flush()
        await files.close()
        log = await open(false)
        assert.equal(log.recovery.cutBytes, 0)
        break
      case 'truncate': {
        const to = between(twin.start, twin.end, step.to)
        await log.truncateTo(to)
        twin.truncate(to)
        break
      }
      case 'advance':
        twin.start = between(twin.start, twin.end, step.to)
        await advanceLogStart(log, twin.start)
        break
      default:
        step satisfies never
    }
    assert.equal(log.logEndOffset, twin.end)
    assert.equal(log.logStartOffset, twin.start)
    assert.equal(log.lastEpoch <= epoch, true)
    assert.equal(log.producers.endOffset, twin.end)
  }
  await compareRead(log, twin, { from: 0, upTo: 1, maxBytes: 1e6, minOneBatch: true })
  await log.close()
  assert.equal(tail.unwrittenBytes, 0)
}

/** The twin reads over the borders of segments and of memory; the log may end there, but gives a prefix, and gets on. */
async function compareRead(
  log: Log,
  twin: Twin,
  request: { from: number; upTo: number; maxBytes: number; minOneBatch: boolean },
): Promise<void> {
  let from = between(twin.start, twin.end, request.from)
  const upTo = between(from, twin.end, request.upTo)
  const { maxBytes, minOneBatch } = request
  for (let first = true; first || from < upTo; first = false) {
    const slice = await log.read({ from, upTo, maxBytes, minOneBatch })
    const { nextOffset } = slice
    const given = bytesOf(slice)
    const expected = Buffer.concat(twin.read(from, upTo, maxBytes, minOneBatch))
    assert.ok(given.length <= expected.length && given.equals(expected.subarray(0, given.length)), 'other bytes')
    if (given.length === 0) {
      // What is not written yet may be out of reach for a moment only where memory no longer reaches back to `from`.
      if (expected.length > 0 && log.storedUpTo < log.logEndOffset) {
        await log.flush()
        continue
      }
      assert.equal(expected.length, 0)
      return
    }
    assert.ok(nextOffset > from)
    from = nextOffset
  }
}

function between(low: number, high: number, share: number): number {
  return low + Math.round((high - low) * share)
}
