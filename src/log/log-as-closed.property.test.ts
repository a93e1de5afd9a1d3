import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Disk } from '../runtime/disk.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { FileHandles } from './file-handles.ts'
import type { LogAsClosed } from './log-as-closed.ts'
import { advanceLogStart, batchOf, openTestLog, readAll, testSettings } from './log-fixture.ts'
import type { Log } from './log.ts'

type Step =
  | { do: 'append'; size: number; timestamp: number; newEpoch: boolean; producer: number }
  | { do: 'roll' }
  | { do: 'truncate'; to: number }
  | { do: 'advance'; to: number }

const share = fc.double({ min: 0, max: 1, noNaN: true })
const append = fc.record({
  do: fc.constant('append' as const),
  size: fc.integer({ min: 0, max: 300 }),
  // Not 0: a time index entry of the first record then is all zeros, and read back it is taken for room that was reserved.
  timestamp: fc.integer({ min: 1, max: 5000 }),
  newEpoch: fc.boolean(),
  producer: fc.integer({ min: -3, max: 1 }),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: append },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('roll' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('truncate' as const), to: share }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('advance' as const), to: share }) },
)

const directory = 'data/t-0'
const settings = { ...testSettings, segmentBytes: 1500, indexIntervalBytes: 250 }

/** Carries the steps out on a log, each producer with sequence numbers that follow on. */
async function carryOut(log: Log, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (step.do === 'roll') await log.roll()
    else if (step.do === 'truncate') await log.truncateTo(Math.floor(step.to * log.logEndOffset))
    else if (step.do === 'advance') await advanceLogStart(log, Math.floor(step.to * log.logEndOffset))
    else {
      const { producer: id, timestamp } = step
      const baseSequence = id < 0 ? -1 : (log.producers.entry(id)?.lastSequence ?? -1) + 1
      const producer = id < 0 ? {} : { producer: { id, epoch: 0, baseSequence } }
      log.append(
        batchOf(['x'.repeat(step.size)], { timestamp, ...producer }),
        Math.max(0, log.lastEpoch) + (step.newEpoch ? 1 : 0),
      )
    }
  }
}

async function describe(log: Log) {
  const { logStartOffset, logEndOffset, sizeBytes, lastEpoch, epochs, producers } = log
  const times = []
  for (const at of [0, 1000, 2500, 5000]) times.push(await log.offsetForTimestamp(at, logEndOffset))
  const bytes = await readAll(log, logStartOffset)
  const known = [...producers.describe()].sort((a, b) => a.producerId - b.producerId)
  return { logStartOffset, logEndOffset, sizeBytes, lastEpoch, epochs: [...epochs.entries], known, times, bytes }
}

/** All but snapshots, in which the time stands when a producer was last seen. */
async function filesOf(disk: Disk): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for (const { name } of await disk.list(directory)) {
    if (name.endsWith('.snapshot')) continue
    files[name] = Buffer.from(await disk.readFile(`${directory}/${name}`)).toString('hex')
  }
  return files
}

/** A runtime that counts the files which are opened. */
function counting(runtime: Runtime): { runtime: Runtime; opened: () => number } {
  let opened = 0
  const open: Disk['open'] = (path, mode) => {
    opened++
    return runtime.disk.open(path, mode)
  }
  const disk = new Proxy(runtime.disk, {
    get: (target, name) => {
      if (name === 'open') return open
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { runtime: { ...runtime, disk }, opened: () => opened }
}

/** A life, a clean close, and a life after it that begins with what was noted or without. */
async function twoLives(seed: number, lives: readonly (readonly Step[])[], isNoted: boolean) {
  const world = new SimWorld(seed)
  return world.complete(
    (async () => {
      const { runtime } = world.node('a')
      let { log } = await openTestLog(runtime, { settings })
      await carryOut(log, lives[0] ?? [])
      await log.close()
      const noted: LogAsClosed | null = JSON.parse(JSON.stringify(await log.asClosed()))
      const counted = counting(runtime)
      const files = new FileHandles(counted.runtime.disk, 4)
      const { logStartOffset } = log
      const asClosed = isNoted ? noted : null
      ;({ log } = await openTestLog(counted.runtime, { settings, logStartOffset, asClosed, files }))
      const opened = counted.opened()
      const found = await describe(log)
      await carryOut(log, lives[1] ?? [])
      const later = await describe(log)
      await log.close()
      return { noted, opened, found, later, files: await filesOf(runtime.disk) }
    })(),
  )
}

test('a log that is taken up from what was noted at its close is the one that its files tell of, and goes on as that one', async () => {
  const steps = fc.array(step, { maxLength: 30 })
  let noted = 0
  await fc.assert(
    fc.asyncProperty(steps, steps, fc.integer(), async (first, second, seed) => {
      const slow = await twoLives(seed, [first, second], false)
      const fast = await twoLives(seed, [first, second], true)
      assert.deepEqual(fast.found, slow.found)
      assert.deepEqual(fast.later, slow.later)
      assert.deepEqual(fast.files, slow.files)
      assert.ok(slow.opened > 0)
      // One whose newest segment has no file yet is looked at.
      if (fast.noted === null) return
      noted++
      assert.equal(fast.opened, 0, 'files were opened')
    }),
    { numRuns: 200 },
  )
  assert.ok(noted > 100, `${noted} logs of 200 were noted`)
})

/** A life with a clean close, one that begins with what was noted then and is killed, and what a third one finds. */
async function killedAfterClose(seed: number, lives: readonly (readonly Step[])[]) {
  const world = new SimWorld(seed)
  return world.complete(
    (async () => {
      const { runtime } = world.node('a')
      let { log } = await openTestLog(runtime, { settings })
      await carryOut(log, lives[0] ?? [])
      await log.close()
      const asClosed: LogAsClosed | null = JSON.parse(JSON.stringify(await log.asClosed()))
      // No process is there again within the millisecond.
      await new Promise<void>((resolve) => void runtime.clock.setTimer(1, resolve))
      const files = new FileHandles(runtime.disk, 4)
      ;({ log } = await openTestLog(runtime, { settings, logStartOffset: log.logStartOffset, asClosed, files }))
      await carryOut(log, lives[1] ?? [])
      await log.flush()
      const left = await describe(log)
      await files.close()
      const counted = counting(runtime)
      const how = { settings, logStartOffset: log.logStartOffset, asClosed, clean: false }
      const handles = new FileHandles(counted.runtime.disk, 4)
      const { log: again } = await openTestLog(counted.runtime, { ...how, files: handles })
      const opened = counted.opened()
      return { isNoted: asClosed !== null, opened, left, found: await describe(again) }
    })(),
  )
}

test('a process that was killed leaves every log as it was, those that it has not written to with no file to be opened', async () => {
  const steps = fc.array(step, { maxLength: 12 })
  let untouched = 0
  await fc.assert(
    fc.asyncProperty(steps, fc.oneof(fc.constant([]), steps), fc.integer(), async (first, second, seed) => {
      const { isNoted, opened, left, found } = await killedAfterClose(seed, [first, second])
      assert.deepEqual(found, left)
      if (!isNoted || second.length > 0) return
      untouched++
      assert.equal(opened, 0, 'files were opened')
    }),
    { numRuns: 200 },
  )
  assert.ok(untouched > 50, `${untouched} logs of 200 were noted and left alone`)
})

test('a retry of any batch that a producer may have in flight is recognized after a clean close', async () => {
  const world = new SimWorld(1)
  await world.complete(
    (async () => {
      const { runtime } = world.node('a')
      const { log } = await openTestLog(runtime, { settings })
      const batch = (baseSequence: number) => batchOf(['x'], { producer: { id: 7, epoch: 0, baseSequence } })
      for (let sequence = 0; sequence < 5; sequence++) log.append(batch(sequence), 0)
      await log.close()
      const again = await openTestLog(runtime, { settings, asClosed: await log.asClosed() })
      for (let sequence = 0; sequence < 5; sequence++) {
        assert.equal(again.log.producers.check(batch(sequence).first).outcome, 'duplicate', `sequence ${sequence}`)
      }
    })(),
  )
})

test('what was noted of a log is not believed once its files have changed', async () => {
  const world = new SimWorld(1)
  await world.complete(
    (async () => {
      const { runtime } = world.node('a')
      const { disk } = runtime
      const { log } = await openTestLog(runtime, { settings })
      for (let i = 0; i < 20; i++) log.append(batchOf(['x'.repeat(200)], { timestamp: i }), 0)
      await log.close()
      const asClosed = await log.asClosed()
      const newest = `${directory}/${String(log.segments().at(-1)?.baseOffset).padStart(20, '0')}.log`
      const changes: [string, () => Promise<unknown>][] = [
        ['a file more', () => disk.writeFileAtomic(`${directory}/00000000000000000099.log`, Buffer.alloc(0))],
        ['a file less', () => disk.remove(`${directory}/00000000000000000099.log`)],
        ['a segment is cut', () => disk.open(newest, 'write').then((file) => file.truncate(100))],
      ]
      for (const [what, change] of changes) {
        const before = counting(runtime)
        const same = await openTestLog(before.runtime, {
          settings,
          asClosed,
          files: new FileHandles(before.runtime.disk, 4),
        })
        if (what === 'a file more') assert.equal(before.opened(), 0)
        void same
        await change()
        const after = counting(runtime)
        await openTestLog(after.runtime, { settings, asClosed, files: new FileHandles(after.runtime.disk, 4) })
        assert.equal(after.opened() > 0, what !== 'a file less', what)
      }
    })(),
  )
})
