import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Offset } from '../record/offset.ts'
import type { SimNode } from '../runtime/sim/sim-node.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { advanceLogStart, batchOf, openTestLog, readAll, testSettings } from './log-fixture.ts'
import { TailMemory } from './tail-memory.ts'

/** What is known of the log from outside: what was appended, and how far it must have survived. */
interface Known {
  batches: { bytes: Buffer; nextOffset: Offset }[]
  stored: Offset
  flushed: Offset
  /** What a checkpoint of the recovery point would hold: at times an older one. */
  recoveryPoint: Offset
  /** As the log start checkpoint would hold it: it moves before anything is removed. */
  start: Offset
  epoch: number
  cuts: number
}

async function live(
  world: SimWorld,
  node: SimNode,
  known: Known,
  how: { flushMessages: number; powerCuts: boolean; isFirst: boolean },
) {
  const { flushMessages, powerCuts } = how
  const powerCut = powerCuts && !how.isFirst
  const settings = { ...testSettings, flushMessages, segmentBytes: 900, indexIntervalBytes: 200 }
  const tail = new TailMemory({ maxBytes: 8192, chunkBytes: 1024 })
  const { recoveryPoint } = known
  const options = { settings, tail, clean: false, powerCut, recoveryPoint, logStartOffset: known.start }
  const { log, seen } = await world.complete(openTestLog(node.runtime, options))
  assert.deepEqual(log.recovery.damage, [], 'a crash is no damage')
  assert.equal(log.recovery.lostFlushed, false)
  const promised = powerCut && flushMessages > 1 ? known.flushed : known.stored
  assert.ok(log.logEndOffset >= promised, `${log.logEndOffset} of ${promised}`)
  if (log.recovery.cutBytes > 0) known.cuts++
  known.batches = known.batches.filter(({ nextOffset }) => nextOffset > known.start && nextOffset <= log.logEndOffset)
  const expected = Buffer.concat(known.batches.map(({ bytes }) => bytes))
  assert.ok((await world.complete(readAll(log, known.start))).equals(expected), 'other bytes than were appended')
  known.epoch++
  const { random } = world
  for (let i = 0; i < 12; i++) {
    const batch = batchOf(['x'.repeat(random.integer(300)), `${i}`])
    if (!tail.canTake(batch.bytes.length)) break
    const { baseOffset, lastOffset } = log.append(batch, known.epoch)
    const bytes = Buffer.from(batch.bytes)
    bytes.writeBigInt64BE(BigInt(baseOffset), 0)
    bytes.writeInt32BE(known.epoch, 12)
    known.batches.push({ bytes, nextOffset: lastOffset + 1 })
    if (random.integer(3) === 0) await world.run({ untilMs: world.nowMs + random.between(0, 4) })
    if (random.integer(8) === 0) await world.complete(log.flush())
    if (random.integer(10) === 0) known.recoveryPoint = log.flushedUpTo
    if (random.integer(20) === 0) await world.complete(log.roll())
    if (random.integer(20) === 0) {
      // What is deleted for good is committed, and that was flushed or stored.
      known.start = Math.max(known.start, powerCuts && flushMessages > 1 ? log.flushedUpTo : log.storedUpTo)
      void advanceLogStart(log, known.start).catch(() => {})
    }
  }
  known.stored = Math.max(seen.stored, known.batches[0] === undefined ? 0 : promised)
  known.flushed = Math.max(seen.flushed, log.flushedUpTo)
}

for (const flushMessages of [1, 5, Number.MAX_SAFE_INTEGER]) {
  for (const powerCuts of [false, true]) {
    const fate = powerCuts ? 'power cuts' : 'kills'
    test(`through several ${fate} with flush.messages=${flushMessages} the log holds what it promised, and a prefix of the rest`, async () => {
      let cuts = 0
      for (let seed = 1; seed <= 60; seed++) {
        const world = new SimWorld(seed)
        const node = world.node('a')
        const known: Known = { batches: [], stored: 0, flushed: 0, recoveryPoint: 0, start: 0, epoch: 0, cuts: 0 }
        for (let life = 0; life < 4; life++) {
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
