import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { batchOf, openTestLog, readAll, validated } from '../log/log-fixture.ts'
import type { Log } from '../log/log.ts'
import { buildBatch } from '../record/batch-builder.ts'
import { batchesIn } from '../record/record-reader.ts'
import type { SimNode } from '../runtime/sim/sim-node.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { CutReceipts, type PlannedCut } from './cut-receipts.ts'
import { Receipts } from './receipts.ts'

const partition = { topic: 't', topicId: 'AAAAAAAAAAAAAAAAAAAAZQ', partition: 0 }
const replica = { broker: 1, directory: 'AAAAAAAAAAAAAAAAAAAAZA' }
const day = 86_400_000
const planned: PlannedCut = {
  ...{ at: 4, beginsAnewAt: null, watermark: 5, aboveAs: 'maybe-acknowledged', leader: 2, leaderEpoch: 9 },
}

async function openCuts(node: SimNode, { bytesMax = 1_000_000, ageMaxMs = day } = {}): Promise<CutReceipts> {
  const { runtime } = node
  await runtime.disk.makeDirectory('data')
  const receipts = await Receipts.open(runtime.disk, 'data')
  return await CutReceipts.open({ runtime, receipts, replica, bounds: { bytesMax, ageMaxMs } })
}

/** Batches of two records each, at 0, 2, 4, …; those from 4 on of epoch 3. */
async function filled(node: SimNode, batches = 4): Promise<Log> {
  const { log } = await openTestLog(node.runtime)
  for (let i = 0; i < batches; i++) {
    const producer = { id: 7, epoch: 0, baseSequence: i * 2 }
    log.append(batchOf([`${i}a`, `${i}b`], { producer }), i < 2 ? 1 : 3)
  }
  await log.flush()
  return log
}

const inWorld = async (run: (node: SimNode, world: SimWorld) => Promise<void>): Promise<void> => {
  const world = new SimWorld(3)
  await world.complete(run(world.node('broker'), world))
}

async function keptOf(cuts: CutReceipts): Promise<Buffer> {
  const kept = cuts.receipts.list()[0]?.cut?.kept
  assert.ok(kept)
  const pieces: Buffer[] = []
  for await (const piece of cuts.files.read(kept)) pieces.push(piece)
  return Buffer.concat(pieces)
}

describe('a receipt of a cut', () => {
  test('says exactly what was cut, and its bytes are kept', () =>
    inWorld(async (node) => {
      const log = await filled(node)
      const before = await readAll(log, 4)
      const cuts = await openCuts(node)
      await cuts.for(partition).cut(log, planned)
      assert.equal(log.logEndOffset, 4)
      const [receipt, ...others] = cuts.receipts.list()
      assert.equal(others.length, 0)
      assert.ok(receipt?.cut)
      const { id, atMs: _, cut, reason, ...facts } = receipt
      assert.deepEqual(facts, {
        ...{ ...partition, replica, kind: 'cut', from: 4, to: 8 },
        ranges: [
          { from: 4, to: 5, lostAs: 'below-watermark' },
          { from: 5, to: 8, lostAs: 'maybe-acknowledged' },
        ],
      })
      assert.equal(reason, 'the leader of epoch 9, broker 2, has something else there, or nothing')
      assert.deepEqual(cut, {
        epochs: [{ epoch: 3, from: 4, to: 8 }],
        ...{ records: 4, bytes: before.length, producers: [{ producerId: 7, records: 4 }] },
        ...{ leader: 2, leaderEpoch: 9, state: 'done', beginsAnewAt: null },
        kept: { file: `00000000000000000004.${id}.log`, from: 4, to: 8, bytes: before.length },
      })
      assert.deepEqual(await keptOf(cuts), before)
    }))

  test('begins with the batch that holds the offset of the cut', () =>
    inWorld(async (node) => {
      const log = await filled(node)
      const cuts = await openCuts(node)
      await cuts.for(partition).cut(log, { ...planned, at: 5, watermark: null })
      assert.equal(log.logEndOffset, 4)
      assert.deepEqual(cuts.receipts.list()[0]?.ranges, [{ from: 4, to: 8, lostAs: 'maybe-acknowledged' }])
    }))

  test('tells of a log that begins anew from the watermark on', () =>
    inWorld(async (node) => {
      const log = await filled(node)
      const cuts = await openCuts(node)
      await cuts.for(partition).cut(log, { ...planned, at: 6, beginsAnewAt: 100, watermark: 6 })
      assert.deepEqual([log.logStartOffset, log.logEndOffset], [100, 100])
      const { from, to, cut } = cuts.receipts.list()[0] ?? assert.fail()
      assert.deepEqual([from, to, cut?.records], [6, 8, 2])
    }))

  test('is not written where only control batches are cut, or nothing that was not committed', () =>
    inWorld(async (node) => {
      const log = await filled(node, 2)
      log.append(validated(buildBatch([{ timestamp: 1, key: Buffer.alloc(4) }], { control: true })), 3)
      await log.flush()
      const cuts = await openCuts(node)
      await cuts.for(partition).cut(log, planned)
      assert.equal(log.logEndOffset, 4)
      await cuts.for(partition).cut(log, { ...planned, at: 4, beginsAnewAt: 50 })
      assert.equal(log.logEndOffset, 50)
      assert.deepEqual(cuts.receipts.list(), [])
    }))
})

describe('cut bytes are kept', () => {
  test('as far as a quarter of the room goes, as whole batches', () =>
    inWorld(async (node) => {
      const log = await filled(node)
      const size = (await readAll(log, 4)).length / 2
      const cuts = await openCuts(node, { bytesMax: 4 * size + 8 })
      await cuts.for(partition).cut(log, planned)
      // Both batches come as one piece of the log, and there is room for one of them.
      const { cut, to } = cuts.receipts.list()[0] ?? assert.fail()
      assert.deepEqual([to, cut?.kept?.to], [8, 6])
      assert.deepEqual(
        [...batchesIn(await keptOf(cuts))].map(({ baseOffset }) => baseOffset),
        [4],
      )
    }))

  test('until newer ones need the room, or they are old; their receipts stay', () =>
    inWorld(async (node) => {
      const log = await filled(node)
      const size = (await readAll(log, 4)).length
      const cuts = await openCuts(node, { bytesMax: 4 * size, ageMaxMs: day })
      for (let i = 0; i < 5; i++) {
        await cuts.for(partition).cut(log, planned)
        for (const value of ['c', 'd']) {
          const producer = { id: 8 + i, epoch: 0, baseSequence: value === 'c' ? 0 : 2 }
          log.append(batchOf([value, value], { producer }), 10 + i)
        }
        await log.flush()
      }
      const isKept = () => cuts.receipts.list().map(({ cut }) => (cut?.kept ?? null) !== null)
      assert.deepEqual(isKept(), [false, true, true, true, true])
      node.jumpClock(2 * day)
      await cuts.expire()
      assert.deepEqual(isKept(), [false, false, false, false, false])
      const files = (await node.runtime.disk.list('data')).filter(({ name }) => name.endsWith('.log'))
      assert.deepEqual(files, [])
    }))

  test('not at all with no room for them, or on a full disk: the receipt says so', () =>
    inWorld(async (node) => {
      const log = await filled(node)
      const cuts = await openCuts(node, { bytesMax: 0 })
      await cuts.for(partition).cut(log, planned)
      const { cut } = cuts.receipts.list()[0] ?? assert.fail()
      assert.deepEqual([cut?.records, cut?.kept], [4, null])
    }))
})

/** The outcome of a crash behind so many events of a cut; null: the cut was over before. */
async function crashedAfter(events: number, how: 'crash' | 'power-cut'): Promise<string | null> {
  const world = new SimWorld(events)
  const node = world.node('broker')
  const log = await world.complete(filled(node))
  const before = await world.complete(readAll(log, 4))
  const cuts = await world.complete(openCuts(node))
  let isOver = false
  void cuts
    .for(partition)
    .cut(log, planned)
    .then(() => (isOver = true))
  let seen = 0
  await world.runUntil(() => isOver || seen++ === events, 60_000)
  if (isOver) return null
  if (how === 'crash') node.crash()
  else node.powerCut()
  node.restart()
  const again = async () => {
    const reopened = await openCuts(node)
    const recovery = { clean: false, powerCut: how === 'power-cut', recoveryPoint: 4 }
    const { log } = await openTestLog(node.runtime, recovery)
    await reopened.finish(partition, log)
    const files = (await node.runtime.disk.list('data')).filter(({ name }) => name.endsWith('.log'))
    const [receipt, ...others] = reopened.receipts.list()
    assert.equal(others.length, 0)
    if (receipt === undefined) {
      assert.deepEqual([log.logEndOffset, files.length], [8, 0], `behind ${events} events`)
      assert.deepEqual(await readAll(log, 4), before)
      return 'nothing cut'
    }
    assert.deepEqual([log.logEndOffset, receipt.from, receipt.to], [4, 4, 8], `behind ${events} events`)
    assert.deepEqual([receipt.cut?.state, files.length], ['done', 1])
    assert.deepEqual(await keptOf(reopened), before)
    return 'cut'
  }
  return await world.complete(again())
}

describe('wherever a crash comes into a cut, it is not begun or done, with one receipt:', () => {
  for (const how of ['crash', 'power-cut'] as const) {
    test(how, async () => {
      const seen = new Map<string, number>()
      for (let events = 0; ; events++) {
        const outcome = await crashedAfter(events, how)
        if (outcome === null) break
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
      }
      assert.ok((seen.get('nothing cut') ?? 0) > 2 && (seen.get('cut') ?? 0) > 2, JSON.stringify([...seen]))
    })
  }
})
