import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SimNode } from '../runtime/sim/sim-node.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import type { CheckCursor } from './damage-watch.ts'
import type { Log } from './log.ts'
import { batchOf, bytesOf, openTestLog, rangesOf, readBytes, testSettings } from './log-fixture.ts'
import { LogReadFault } from './log-faults.ts'

const settings = { ...testSettings, segmentBytes: 300, indexIntervalBytes: 100 }
const batches = 9
const file = (base: number): string => `data/t-0/${String(base).padStart(20, '0')}.log`

/** A log of nine batches of two records in three segments, opened cleanly: nothing of it is in memory. */
async function onDisk(node: SimNode) {
  const { log } = await openTestLog(node.runtime, { settings })
  for (let i = 0; i < batches; i++) log.append(batchOf([`value ${i}`, 'x'.repeat(i)]), i < 4 ? 2 : 5)
  await log.close()
  return openTestLog(node.runtime, { settings })
}

/** What each read from an offset on gives, one batch a read, until the end; null: it is refused as damaged. */
async function readEach(log: Log, minBytes: number): Promise<(Buffer | null)[]> {
  const read: (Buffer | null)[] = []
  for (let from = 0; from < log.logEndOffset; from += 2) {
    try {
      read.push(bytesOf(await log.read({ from, upTo: from + 2, maxBytes: minBytes, minOneBatch: true })))
    } catch (error) {
      if (!(error instanceof LogReadFault && error.code === 'damaged')) throw error
      read.push(null)
    }
  }
  return read
}

async function checkAll(log: Log, sliceBytes: number): Promise<void> {
  let cursor: CheckCursor | null = null
  do cursor = await log.damageWatch.check(cursor, sliceBytes)
  while (cursor !== null)
}

describe('a bit that is flipped in a segment', () => {
  test('anywhere: no batch is served that is not what was appended, and what is good goes on being served', async () => {
    const world = new SimWorld(1)
    const node = world.node('a')
    await world.complete(
      (async () => {
        const { log: whole } = await onDisk(node)
        const good = await readEach(whole, 1)
        await whole.close()
        for (const base of whole.segments().map(({ baseOffset }) => baseOffset)) {
          for (let at = 0; at < node.disk.peek(file(base)).length; at++) {
            const was = node.disk.peek(file(base))
            node.disk.flipBit(file(base), at)
            const { log, seen } = await openTestLog(node.runtime, { settings })
            const where = `segment ${base}, byte ${at}`
            // A start steps over the newest batches, and takes a bad one for a shutdown that was not clean.
            const known = log.damage.length + log.recovery.cutBytes
            const read = await readEach(log, at % 2 === 0 ? 1 : 1000)
            const kept = read.map((bytes, nth) => bytes === null || bytes.equals(good[nth] ?? Buffer.alloc(0)))
            assert.ok(!kept.includes(false), `${where}: ${kept}`)
            assert.ok(read.filter((bytes) => bytes === null).length <= 1, where)
            assert.equal(seen.damage.length + known > 0, true, where)
            await log.close()
            node.disk.names.file(file(base), 'test').truncate(0)
            node.disk.names.file(file(base), 'test').write(was, 0)
            await node.runtime.disk.remove('data/t-0/damaged-ranges').catch(() => {})
          }
        }
      })(),
      3_600_000,
    )
  })
})

describe('an open log', () => {
  const story = (told: (node: SimNode) => Promise<void>) => {
    const world = new SimWorld(2)
    return world.complete(told(world.node('a')))
  }

  test('is checked to its end, slice by slice, and every damage in it is noted and told of once', () =>
    story(async (node) => {
      const { log, seen } = await onDisk(node)
      await checkAll(log, 1)
      assert.deepEqual(seen.damage, [])
      const [first, second] = log.segments()
      node.disk.flipBit(file(first?.baseOffset ?? 0), 90)
      node.disk.flipBit(file(second?.baseOffset ?? 0), 20)
      await checkAll(log, 1)
      await checkAll(log, 1_000_000)
      assert.deepEqual(
        seen.damage.map(({ from, upTo }) => [from, upTo]),
        [
          [2, 4],
          [second?.baseOffset, (second?.baseOffset ?? 0) + 2],
        ],
      )
      assert.deepEqual(log.damagedFrom(), 2)
      assert.deepEqual(log.damagedFrom(4), second?.baseOffset)
      await log.close()
      const again = await openTestLog(node.runtime, { settings })
      assert.deepEqual(again.log.damage, seen.damage)
    }))

  test('that lost the end of a segment knows what is missing', () =>
    story(async (node) => {
      const { log, seen } = await onDisk(node)
      const [first, second] = log.segments()
      const path = file(first?.baseOffset ?? 0)
      node.disk.names.file(path, 'test').truncate(node.disk.peek(path).length - 10)
      await checkAll(log, 1000)
      const upTo = second?.baseOffset ?? 0
      assert.deepEqual(
        seen.damage.map((range) => [range.from, range.upTo]),
        [[upTo - 2, upTo]],
      )
      assert.deepEqual(rangesOf(await readBytes(log, upTo, { maxBytes: 1 })), [[upTo, upTo + 1]])
    }))

  test('whose folder is gone fails when it is checked: what is written to open files would go with them', () =>
    story(async (node) => {
      const { log, seen } = await onDisk(node)
      await checkAll(log, 1000)
      await node.runtime.disk.removeTree('data/t-0')
      await assert.rejects(checkAll(log, 1000), { code: 'ENOENT' })
      assert.equal(seen.faults.length, 1)
    }))

  test('that is cut at a damage keeps all below it, wherever in its segment that begins', () =>
    story(async (node) => {
      for (const nth of [0, 1]) {
        const { log } = await onDisk(node)
        const good = await readEach(log, 1)
        const second = log.segments()[1]?.baseOffset ?? 0
        node.disk.flipBit(file(second), nth * 85 + 70)
        await checkAll(log, 1000)
        const from = log.damagedFrom() ?? 0
        assert.equal(from, second + 2 * nth)
        await log.truncateTo(from)
        assert.deepEqual([log.logEndOffset, log.damagedFrom()], [from, null])
        assert.deepEqual(await readEach(log, 1), good.slice(0, from / 2))
        await log.close()
        await node.runtime.disk.removeTree('data/t-0')
      }
    }))

  test('that is cut while it is checked is not taken for damaged', () =>
    story(async (node) => {
      const { log, seen } = await onDisk(node)
      const checking = checkAll(log, 1)
      await log.truncateTo(3)
      for (let i = 0; i < 20; i++) log.append(batchOf(['other', 'y'.repeat(i)]), 7)
      await log.flush()
      await checking
      await checkAll(log, 50)
      assert.deepEqual(seen.damage, [])
    }))
})
