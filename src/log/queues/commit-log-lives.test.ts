import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SimNode } from '../../runtime/sim/sim-node.ts'
import { SimWorld } from '../../runtime/sim/sim-world.ts'
import { FileHandles } from '../file-handles.ts'
import { advanceLogStart, openTestLog, testSettings } from '../log-fixture.ts'
import type { Log } from '../log.ts'
import { TailMemory } from '../tail-memory.ts'
import {
  appendControl,
  appendToQueue,
  entriesOf,
  queuesOf,
  readQueue,
  testQueues,
  tinyLimits,
  type TwinEntry,
} from './commit-log-fixture.ts'
import { type QueueName, queueKey } from './queue-name.ts'

/** What is known of the log from outside: what was appended, and how far it must have survived. */
interface Known {
  entries: TwinEntry[]
  stored: number
  flushed: number
  recoveryPoint: number
  start: number
  epoch: number
  cuts: number
}

const endOf = ({ groupOffset, records }: TwinEntry): number => groupOffset + records

async function live(
  world: SimWorld,
  node: SimNode,
  known: Known,
  how: { flushMessages: number; powerCuts: boolean; isFirst: boolean },
): Promise<void> {
  const { flushMessages, powerCuts } = how
  const powerCut = powerCuts && !how.isFirst
  const settings = { ...testSettings, flushMessages, segmentBytes: 1200, indexIntervalBytes: 200 }
  const tail = new TailMemory({ maxBytes: 8192, chunkBytes: 1024 })
  const files = new FileHandles(node.runtime.disk, 4)
  const { recoveryPoint, start: logStartOffset } = known
  const options = { settings, tail, files, clean: false, powerCut, recoveryPoint, logStartOffset }
  const { log, seen } = await world.complete(
    openTestLog(node.runtime, { ...options, unit: 'broker', queueLimits: tinyLimits }),
  )
  const promised = powerCut && flushMessages > 1 ? known.flushed : known.stored
  assert.deepEqual(log.recovery.damage, [], 'a crash is no damage')
  assert.ok(log.logEndOffset >= promised, `${log.logEndOffset} of ${promised}`)
  if (log.recovery.cutBytes > 0) known.cuts++
  known.entries = known.entries.filter((entry) => endOf(entry) <= log.logEndOffset)
  await world.complete(check(log, known))
  known.epoch++
  await appends(world, log, tail, known, powerCuts && flushMessages > 1)
  known.stored = Math.max(seen.stored, promised)
  known.flushed = Math.max(seen.flushed, log.flushedUpTo)
}

async function appends(
  world: SimWorld,
  log: Log,
  tail: TailMemory,
  known: Known,
  keepsFlushed: boolean,
): Promise<void> {
  const { random } = world
  for (let i = 0; i < 14; i++) {
    if (!tail.canTake(600)) break
    const texts = Array.from({ length: random.between(1, 3) }, () => 'x'.repeat(random.integer(150)))
    const name = testQueues[random.integer(testQueues.length)] as QueueName
    const isControl = random.integer(8) === 0
    known.entries.push(isControl ? appendControl(log, known.epoch) : appendToQueue(log, name, { texts, ...known }))
    if (random.integer(3) === 0) await world.run({ untilMs: world.nowMs + random.between(0, 4) })
    if (random.integer(8) === 0) await world.complete(log.flush())
    if (random.integer(10) === 0) known.recoveryPoint = log.flushedUpTo
    if (random.integer(20) === 0) await world.complete(log.roll())
    if (random.integer(16) === 0) {
      // What is deleted for good is committed, and that was flushed or stored.
      const to = Math.max(known.start, keepsFlushed ? log.flushedUpTo : log.storedUpTo)
      known.start = known.entries.findLast((entry) => entry.groupOffset <= to)?.groupOffset ?? known.start
      void advanceLogStart(log, known.start).catch(() => {})
    }
  }
}

/** Every queue ends where what has survived ends, gives all of it, and its entries are those of the log. */
async function check(log: Log, known: Known): Promise<void> {
  for (const name of testQueues) {
    const queue = queuesOf(log).of(name)
    const of = known.entries.filter((entry) => entry.queue !== null && queueKey(entry.queue) === queueKey(name))
    const last = of.at(-1)
    assert.equal(queue.endOffset, last === undefined ? 0 : last.offset + last.records, 'another end of a queue')
    const kept = of.filter(({ groupOffset }) => groupOffset >= log.logStartOffset)
    const from = kept[0]?.offset ?? queue.endOffset
    assert.deepEqual(
      await readQueue(log, queue, from),
      kept.map(({ batch }) => batch),
    )
    const entries = (await entriesOf(queue)).filter(({ offset }) => offset >= from)
    const places = entries.map(({ offset, groupOffset, offsets }) => [offset, groupOffset, offsets])
    assert.deepEqual(
      places,
      kept.map(({ offset, groupOffset, records }) => [offset, groupOffset, records]),
    )
  }
}

for (const flushMessages of [1, 5, Number.MAX_SAFE_INTEGER]) {
  for (const powerCuts of [false, true]) {
    const fate = powerCuts ? 'power cuts' : 'kills'
    test(`through several ${fate} with flush.messages=${flushMessages} each queue of a commit log goes on where its log does`, async () => {
      let cuts = 0
      for (let seed = 1; seed <= 60; seed++) {
        const world = new SimWorld(seed)
        const node = world.node('a')
        const known: Known = {
          entries: [],
          stored: 0,
          flushed: 0,
          recoveryPoint: 0,
          start: 0,
          epoch: 0,
          cuts: 0,
        }
        for (let life = 0; life < 5; life++) {
          await live(world, node, known, { flushMessages, powerCuts, isFirst: life === 0 })
          if (powerCuts) node.powerCut()
          node.restart()
        }
        cuts += known.cuts
      }
      assert.ok(cuts > 0, 'no life ended in the middle of a write')
    })
  }
}
