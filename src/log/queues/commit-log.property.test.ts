import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Runtime } from '../../runtime/runtime.ts'
import { SimWorld } from '../../runtime/sim/sim-world.ts'
import { FileHandles } from '../file-handles.ts'
import { advanceLogStart, bytesOf, testSettings } from '../log-fixture.ts'
import type { Log } from '../log.ts'
import { TailMemory } from '../tail-memory.ts'
import {
  appendControl,
  appendToQueue,
  entriesOf,
  openCommitLog,
  queuesOf,
  readQueue,
  testQueues,
  type TwinEntry,
} from './commit-log-fixture.ts'
import { type QueueName, queueKey } from './queue-name.ts'

type Step =
  | { do: 'append'; queue: number; records: number; size: number; newEpoch: boolean; timestamp: number }
  | { do: 'control' | 'flush' | 'roll' | 'reopen' | 'crash' | 'lose-entries' }
  | { do: 'read'; queue: number; from: number; maxBytes: number }
  | { do: 'truncate' | 'advance'; to: number }

/** Of integers: doubles of fast-check are mostly next to 0 or 1. */
const share = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100)
const queue = fc.integer({ min: 0, max: testQueues.length - 1 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      queue,
      records: fc.integer({ min: 1, max: 4 }),
      size: fc.integer({ min: 0, max: 200 }),
      newEpoch: fc.boolean(),
      timestamp: fc.integer({ min: 1, max: 50 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('read' as const),
      queue,
      from: share,
      maxBytes: fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 400, max: 30_000 })),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('control', 'flush', 'roll', 'reopen', 'crash', 'lose-entries'),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('truncate', 'advance'), to: share }) },
)

const settings = { ...testSettings, segmentBytes: 1500, indexIntervalBytes: 250 }

/** The slow obvious twin: the entries, in order, as the log should hold them. */
class Twin {
  entries: TwinEntry[] = []
  start = 0
  end = 0

  of(name: QueueName): TwinEntry[] {
    return this.entries.filter((entry) => entry.queue !== null && queueKey(entry.queue) === queueKey(name))
  }

  endOf(name: QueueName): number {
    const last = this.of(name).at(-1)
    return last === undefined ? 0 : last.offset + last.records
  }

  /** Records of the queue below a group offset. */
  endAt(name: QueueName, groupOffset: number): number {
    const below = this.of(name).filter((entry) => entry.groupOffset + entry.records <= groupOffset)
    const last = below.at(-1)
    return last === undefined ? 0 : last.offset + last.records
  }

  add(entry: TwinEntry): void {
    this.entries.push(entry)
    this.end = entry.groupOffset + entry.records
  }

  truncate(to: number): void {
    const kept = this.entries.filter((entry) => entry.groupOffset + entry.records <= to)
    const cut = this.entries[kept.length]
    this.end = cut === undefined ? this.end : Math.min(to, cut.groupOffset)
    this.entries = kept
  }
}

test('a commit log gives what an array of batches gives, by queue and by group offset, through cuts, rolls and restarts', async () => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 50 }), fc.integer(), async (steps, seed) => {
    const world = new SimWorld(seed)
    await world.complete(run(world, steps))
  })
  await fc.assert(property, { numRuns: 300 })
})

async function run(world: SimWorld, steps: readonly Step[]): Promise<void> {
  const { runtime } = world.node('a')
  const tail = new TailMemory({ maxBytes: 4096, chunkBytes: 1024 })
  const files = new FileHandles(runtime.disk, 3)
  const twin = new Twin()
  const open = (clean: boolean) => openCommitLog(runtime, { settings, tail, files, clean, logStartOffset: twin.start })
  let log = await open(true)
  let epoch = 0
  for (const step of steps) {
    switch (step.do) {
      case 'append': {
        if (step.newEpoch) epoch++
        if (!tail.canTake(step.records * step.size + 200)) await log.flush()
        const texts = Array.from({ length: step.records }, () => 'x'.repeat(step.size))
        twin.add(appendToQueue(log, testQueues[step.queue] as QueueName, { ...step, texts, epoch }))
        break
      }
      case 'control':
        twin.add(appendControl(log, epoch))
        break
      case 'read':
        await compareRead(log, twin, step)
        break
      case 'flush':
        await log.flush()
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
      case 'lose-entries':
        await log.flush()
        await files.close()
        if (step.do === 'lose-entries') await loseEntries(runtime)
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
        // The whole batch: what the beginning cuts in two is told apart below.
        twin.start = entryStart(twin, between(twin.start, twin.end, step.to))
        await advanceLogStart(log, twin.start)
        break
      default:
        step satisfies never
    }
    await compare(log, twin)
  }
  await log.flush()
  await compareWithRebuilt(log, twin, runtime)
  await log.close()
  assert.equal(tail.unwrittenBytes, 0)
}

/** As after a disk that did not keep what it had promised: one file of a consume queue is gone. */
async function loseEntries({ disk, random }: Runtime): Promise<void> {
  const names = (await disk.list('data/t-0')).map(({ name }) => name).filter((name) => name.endsWith('.queue'))
  if (names.length > 0) await disk.remove(`data/t-0/${names[Math.floor(random.float() * names.length)]}`)
}

async function compare(log: Log, twin: Twin): Promise<void> {
  assert.equal(log.logEndOffset, twin.end)
  assert.equal(log.logStartOffset, twin.start)
  const queues = queuesOf(log)
  for (const name of testQueues) {
    const queue = queues.of(name)
    assert.equal(queue.endOffset, twin.endOf(name), 'another end of a queue')
    const kept = twin.of(name).filter(({ groupOffset }) => groupOffset >= twin.start)
    if (queue.isKnown) assert.ok(queue.startOffset <= (kept[0]?.offset ?? queue.endOffset), 'a start too high')
    for (const at of [twin.start, between(twin.start, twin.end, 0.5), twin.end]) {
      assert.ok(queue.endAt(at) <= Math.max(twin.endAt(name, at), queue.startOffset), 'more is visible than committed')
    }
    assert.equal(queue.endAt(twin.end), queue.endOffset)
    assert.equal(queue.producers.endOffset, queue.endOffset)
  }
}

async function compareRead(log: Log, twin: Twin, step: Step & { do: 'read' }): Promise<void> {
  const name = testQueues[step.queue] as QueueName
  const queue = queuesOf(log).of(name)
  const kept = twin.of(name).filter(({ groupOffset }) => groupOffset >= twin.start)
  const from = between(kept[0]?.offset ?? queue.endOffset, queue.endOffset, step.from)
  const expected = kept.filter(({ offset, records }) => offset + records > from)
  const slice = await queuesOf(log).read(queue, {
    from,
    upTo: queue.endOffset,
    maxBytes: step.maxBytes,
    minOneBatch: true,
  })
  const { nextOffset } = slice
  const given = bytesOf(slice)
  const all = Buffer.concat(expected.map(({ batch }) => batch))
  assert.ok(given.equals(all.subarray(0, given.length)), 'other bytes')
  if (given.length > 0) assert.ok(nextOffset > from)
  else assert.ok(expected.length === 0 || log.storedUpTo < log.logEndOffset, 'nothing where there is something')
}

/** Everything read by queue, and the consume queues against those of a log that has to make them anew. */
async function compareWithRebuilt(log: Log, twin: Twin, runtime: Runtime): Promise<void> {
  const { disk } = runtime
  for (const { name } of await disk.list('data/t-0')) {
    if (name.endsWith('.queue') || name.endsWith('.queues')) continue
    await disk.makeDirectory('data/rebuilt')
    const file = await disk.open(`data/rebuilt/${name}`, 'create')
    await file.write([await disk.readFile(`data/t-0/${name}`)], 0)
    await file.close()
  }
  const rebuilt = await openCommitLog(runtime, {
    directory: 'data/rebuilt',
    settings,
    clean: false,
    logStartOffset: twin.start,
  })
  for (const name of testQueues) {
    const queue = queuesOf(log).of(name)
    const kept = twin.of(name).filter(({ groupOffset }) => groupOffset >= twin.start)
    const from = kept[0]?.offset ?? queue.endOffset
    assert.deepEqual(
      await readQueue(log, queue, from),
      kept.map(({ batch }) => batch),
    )
    const other = queuesOf(rebuilt).of(name)
    const isKept = ({ offset }: { offset: number }) => offset >= from
    const entries = (await entriesOf(queue)).filter(isKept)
    const again = (await entriesOf(other)).filter(isKept)
    // What was the largest timestamp before the beginning of what is kept, a rebuilt one cannot know.
    const bare = (all: typeof entries) => all.map((entry) => ({ ...entry, maxTimestampSoFar: 0 }))
    assert.deepEqual(bare(entries), bare(again))
    if (kept.length > 0) assert.equal(other.endOffset, queue.endOffset)
    await compareTimes(log, name, kept)
  }
  await rebuilt.close()
}

async function compareTimes(log: Log, name: QueueName, kept: readonly TwinEntry[]): Promise<void> {
  const queues = queuesOf(log)
  const queue = queues.of(name)
  if (queue.startOffset !== (kept[0]?.offset ?? queue.endOffset)) return
  const records = kept.flatMap(({ offset, records, batch }) => {
    const base = Number(batch.readBigInt64BE(27))
    return Array.from({ length: records }, (_, i) => ({ offset: offset + i, timestamp: base + i }))
  })
  for (const at of [0, 10, 30, 52]) {
    const found = await queues.offsetForTimestamp(queue, at, queue.endOffset)
    const expected = records.find(({ timestamp }) => timestamp >= at)
    assert.equal(found?.offset ?? null, expected?.offset ?? null, 'another offset for a time')
  }
  const largest = Math.max(...records.map(({ timestamp }) => timestamp))
  const newest = await queues.offsetOfMaxTimestamp(queue, queue.endOffset)
  assert.equal(newest?.offset ?? null, records.find(({ timestamp }) => timestamp === largest)?.offset ?? null)
}

function entryStart(twin: Twin, to: number): number {
  const entry = twin.entries.find(({ groupOffset, records }) => groupOffset < to && groupOffset + records > to)
  return entry === undefined ? to : entry.groupOffset
}

function between(low: number, high: number, share: number): number {
  return low + Math.round((high - low) * share)
}
