import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Runtime } from '../../runtime/runtime.ts'
import { SimWorld } from '../../runtime/sim/sim-world.ts'
import { batchSizeOf } from '../../record/batch-header.ts'
import { readAll, testSettings } from '../log-fixture.ts'
import type { Log } from '../log.ts'
import { Watch, watchedDisk } from '../watched-disk-fixture.ts'
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
import { frameHeaderBytes, framePlaceOf } from './frame.ts'
import { type QueueName, queueKey } from './queue-name.ts'

type Fate = 'kill' | 'power-cut'

/** What a broker's checkpoints and its clients would know. */
interface Known {
  entries: TwinEntry[]
  recoveryPoint: number
  logStartOffset: number
  epoch: number
}

const settings = { ...testSettings, segmentBytes: 900, indexIntervalBytes: 200 }
const [queue0, queue1, queue2] = testQueues as [QueueName, QueueName, QueueName]

/** Rolls, entries that wait for their files, a cut into the middle of a segment, a beginning that moves, and a clean close. */
async function work(log: Log, known: Known): Promise<void> {
  const append = (name: QueueName, size: number): void => {
    known.entries.push(appendToQueue(log, name, { texts: ['x'.repeat(size), 'y'], epoch: known.epoch }))
  }
  const flush = async (): Promise<void> => {
    await log.flush()
    known.recoveryPoint = log.flushedUpTo
  }
  append(queue2, 10)
  for (let i = 0; i < 6; i++) append(i % 2 === 0 ? queue0 : queue1, 100)
  await flush()
  known.entries.push(appendControl(log, known.epoch))
  for (let i = 0; i < 4; i++) append(queue0, 60)
  await flush()
  // What is cut was no promise any more.
  const cut = (known.entries[8] as TwinEntry).groupOffset
  known.recoveryPoint = Math.min(known.recoveryPoint, cut)
  await log.truncateTo(cut)
  known.entries = known.entries.slice(0, 8)
  known.epoch++
  for (let i = 0; i < 8; i++) append(i % 3 === 0 ? queue1 : queue0, 80)
  await flush()
  const start = (known.entries[6] as TwinEntry).groupOffset
  log.moveLogStart(start)
  known.logStartOffset = start
  await log.removeBelowLogStart()
  append(queue1, 20)
  await log.close()
}

async function live(fate: Fate, begins: boolean, due: number): Promise<{ over: boolean }> {
  const world = new SimWorld(due)
  const node = world.node('a')
  let isOver = false
  const at = (): void => {
    isOver = true
    if (fate === 'kill') node.crash()
    else node.powerCut()
  }
  const watch = new Watch({ begins, at })
  watch.due = due
  const runtime: Runtime = { ...node.runtime, disk: watchedDisk(node.runtime.disk, watch) }
  const known: Known = { entries: [], recoveryPoint: 0, logStartOffset: 0, epoch: 1 }
  let done = false
  const working = openCommitLog(runtime, { settings })
    .then((log) => work(log, known))
    .then(() => {
      done = true
    })
  await world.runUntil(() => isOver || done, 60_000)
  if (done) await working
  if (!isOver) return { over: true }
  const where = `${fate} at operation ${due}, ${begins ? 'begun' : 'not begun'}`
  node.restart()
  const { recoveryPoint, logStartOffset } = known
  const options = { settings, clean: false, powerCut: fate === 'power-cut', recoveryPoint, logStartOffset }
  await world.complete(
    openCommitLog(node.runtime, options).then(async (log) => {
      assert.deepEqual(log.recovery.damage, [], where)
      assert.ok(log.logEndOffset >= recoveryPoint, where)
      await check(log, known, where)
      await log.close()
    }),
  )
  // What was made anew is as good as what was never lost.
  await world.complete(
    openCommitLog(node.runtime, { settings, logStartOffset }).then((log) => check(log, known, `${where}, once more`)),
  )
  return { over: false }
}

/** The queues are those of the log, whatever of it is there. */
async function check(log: Log, known: Known, where: string): Promise<void> {
  const frames = await framesOf(log)
  for (const name of testQueues) {
    const queue = queuesOf(log).of(name)
    const own = frames.filter(({ key }) => key === queueKey(name))
    const first = own[0]?.offset ?? queue.endOffset
    const before = known.entries.filter(
      (entry) =>
        entry.queue !== null && queueKey(entry.queue) === queueKey(name) && entry.groupOffset < log.logStartOffset,
    )
    const last = own.at(-1)
    const gone = before.at(-1)
    const end = last === undefined ? (gone === undefined ? 0 : gone.offset + gone.records) : last.offset + 2
    assert.equal(queue.endOffset, end, `${where}: another end of queue ${queueKey(name)}`)
    assert.deepEqual(
      await readQueue(log, queue, first),
      own.map(({ batch }) => batch),
      where,
    )
    const entries = (await entriesOf(queue)).filter(({ offset }) => offset >= first)
    assert.deepEqual(
      entries.map(({ offset, groupOffset }) => [offset, groupOffset]),
      own.map(({ offset, groupOffset }) => [offset, groupOffset]),
      where,
    )
  }
}

async function framesOf(log: Log) {
  const bytes = await readAll(log, log.logStartOffset)
  const frames: { key: string; offset: number; groupOffset: number; batch: Buffer }[] = []
  for (let at = 0; at < bytes.length; at += batchSizeOf(bytes, at)) {
    const place = framePlaceOf(bytes, at)
    const batch = bytes.subarray(at + frameHeaderBytes, at + batchSizeOf(bytes, at))
    const groupOffset = Number(bytes.readBigInt64BE(at))
    if (place !== null) frames.push({ key: queueKey(place), offset: place.offset, groupOffset, batch })
  }
  return frames
}

for (const fate of ['kill', 'power-cut'] as const) {
  test(`a ${fate} at any disk operation leaves a commit log and its queues in one state`, async () => {
    for (const begins of [false, true]) {
      let due = 1
      while (!(await live(fate, begins, due)).over) due++
      assert.ok(due > 60, `only ${due} operations`)
    }
  })
}
