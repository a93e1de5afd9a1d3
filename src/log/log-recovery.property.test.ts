import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { LogReadFault } from './log-faults.ts'
import { advanceLogStart, batchOf, openTestLog, rangesOf, readAll, testSettings } from './log-fixture.ts'

const segment0 = 'data/t-0/00000000000000000000.log'

/** A log of that many batches in one segment, killed without a close; its bytes, and where the batches begin. */
async function killedLog(seed: number, batches: number) {
  const world = new SimWorld(seed)
  const node = world.node('a')
  const bytes = await world.complete(
    (async () => {
      const { log } = await openTestLog(node.runtime)
      for (let i = 0; i < batches; i++) log.append(batchOf([`value ${i}`, `other ${i}`]), 2)
      await log.flush()
      return await readAll(log, 0)
    })(),
  )
  node.restart()
  const rewrite = async (content: Uint8Array) => {
    const file = await node.runtime.disk.open(segment0, 'truncate')
    await file.write([content], 0)
    await file.close()
  }
  return { world, node, bytes, rewrite }
}

test('a write torn at any byte of the last batch costs that batch and nothing else', async () => {
  const { world, node, bytes, rewrite } = await killedLog(1, 4)
  const lastAt = (bytes.length / 4) * 3
  await world.complete(
    (async () => {
      for (let length = lastAt; length < bytes.length; length++) {
        await rewrite(bytes.subarray(0, length))
        const { log } = await openTestLog(node.runtime, { clean: false })
        assert.equal(log.logEndOffset, 6)
        assert.equal(log.recovery.cutBytes, length - lastAt)
        assert.equal(log.recovery.cutFrom, length === lastAt ? null : 6)
        assert.deepEqual(log.recovery.damage, [])
        assert.deepEqual(await readAll(log, 0), bytes.subarray(0, lastAt))
        await log.close()
      }
    })(),
  )
})

test('zeros behind the last batch, as preallocation or a power cut leaves them, are cut', async () => {
  const { world, node, bytes, rewrite } = await killedLog(1, 4)
  await world.complete(
    (async () => {
      await rewrite(Buffer.concat([bytes, Buffer.alloc(5000)]))
      const { log } = await openTestLog(node.runtime, { clean: false })
      assert.equal(log.logEndOffset, 8)
      assert.equal(log.recovery.cutBytes, 5000)
      assert.deepEqual(await readAll(log, 0), bytes)
      await log.close()
    })(),
  )
})

test('a bit flipped anywhere is never served: its batch is refused as damaged, or cut if it is the last', async () => {
  const batches = 4
  const { world, node, bytes, rewrite } = await killedLog(1, batches)
  const batchBytes = bytes.length / batches
  await world.complete(
    (async () => {
      for (let at = 0; at < bytes.length; at++) {
        const flipped = Buffer.from(bytes)
        flipped[at] = (flipped[at] as number) ^ (1 << (at % 8))
        await rewrite(flipped)
        const { log } = await openTestLog(node.runtime, { clean: false, recoveryPoint: 8 })
        const hit = Math.floor(at / batchBytes)
        if (hit === batches - 1) {
          assert.equal(log.logEndOffset, 6, `byte ${at}`)
          assert.equal(log.recovery.lostFlushed, true)
          assert.deepEqual(await readAll(log, 0), bytes.subarray(0, batchBytes * 3))
        } else {
          await assertDamaged(log, { at, from: hit * 2, bytes, batchBytes })
        }
        await log.close()
        const again = await openTestLog(node.runtime, { clean: true })
        if (hit < batches - 1) await assertDamaged(again.log, { at, from: hit * 2, bytes, batchBytes })
        await again.log.close()
      }
    })(),
  )
})

async function assertDamaged(
  log: Awaited<ReturnType<typeof openTestLog>>['log'],
  { at, from, bytes, batchBytes }: { at: number; from: number; bytes: Buffer; batchBytes: number },
): Promise<void> {
  assert.equal(log.logEndOffset, 8, `byte ${at}`)
  const read = async (offset: number) => {
    const slice = await log.read({ from: offset, upTo: 8, maxBytes: 1e6, minOneBatch: true })
    const copy = Buffer.concat(slice.buffers)
    slice.release()
    return copy
  }
  if (from > 0) assert.deepEqual(await read(0), bytes.subarray(0, (from / 2) * batchBytes), `byte ${at}`)
  await assert.rejects(read(from), (error) => error instanceof LogReadFault && error.code === 'damaged')
  await assert.rejects(read(from + 1), (error) => error instanceof LogReadFault && error.code === 'damaged')
  assert.deepEqual(await read(from + 2), bytes.subarray((from / 2 + 1) * batchBytes), `byte ${at}`)
}

test('after a power cut bad bytes above the recovery point are cut with all behind them, below it they are damage', async () => {
  const { world, node, bytes, rewrite } = await killedLog(1, 4)
  const batchBytes = bytes.length / 4
  await world.complete(
    (async () => {
      const holed = Buffer.from(bytes)
      holed.fill(0, batchBytes, batchBytes * 2)
      await rewrite(holed)
      const above = await openTestLog(node.runtime, { clean: false, powerCut: true, recoveryPoint: 2 })
      assert.equal(above.log.logEndOffset, 2)
      assert.equal(above.log.recovery.lostFlushed, false)
      assert.deepEqual(await readAll(above.log, 0), bytes.subarray(0, batchBytes))
      await above.log.close()
      await rewrite(holed)
      const below = await openTestLog(node.runtime, { clean: false, powerCut: true, recoveryPoint: 8 })
      assert.equal(below.log.logEndOffset, 8)
      assert.deepEqual(
        below.log.recovery.damage.map(({ from, upTo }) => [from, upTo]),
        [[2, 4]],
      )
      await below.log.close()
    })(),
  )
})

test('damage goes when the log is cut below it, and is out of the way when the log start moves past it', async () => {
  const { world, node, bytes, rewrite } = await killedLog(1, 4)
  const batchBytes = bytes.length / 4
  await world.complete(
    (async () => {
      const holed = Buffer.from(bytes)
      holed.fill(7, batchBytes, batchBytes * 2)
      await rewrite(holed)
      const cut = await openTestLog(node.runtime, { clean: false })
      await cut.log.truncateTo(3)
      assert.equal(cut.log.logEndOffset, 2)
      cut.log.append(batchOf(['new']), 2)
      assert.deepEqual(rangesOf(await readAll(cut.log, 0)), [
        [0, 1],
        [2, 2],
      ])
      await cut.log.close()
      await rewrite(holed)
      const advanced = await openTestLog(node.runtime, { clean: false })
      await advanceLogStart(advanced.log, 4)
      await advanced.log.close()
      const again = await openTestLog(node.runtime, { clean: true, logStartOffset: 4 })
      assert.deepEqual(rangesOf(await readAll(again.log, 4)), [
        [4, 5],
        [6, 7],
      ])
      await again.log.close()
    })(),
  )
})

test('index files that are missing, cut short or garbage are made anew, and reads stay right', async () => {
  const settings = { ...testSettings, segmentBytes: 3000, indexIntervalBytes: 200 }
  const property = fc.asyncProperty(
    fc.constantFrom('.index', '.timeindex'),
    fc.uint8Array({ maxLength: 200 }),
    fc.boolean(),
    fc.boolean(),
    fc.integer(),
    async (kind, garbage, remove, firstSegment, seed) => {
      const world = new SimWorld(seed)
      const { runtime } = world.node('a')
      await world.complete(
        (async () => {
          const { log } = await openTestLog(runtime, { settings })
          for (let i = 0; i < 40; i++) log.append(batchOf([`value ${i}`, `other ${i}`]), 2)
          await log.flush()
          const bytes = await readAll(log, 0)
          const bases = log.segments().map(({ baseOffset }) => baseOffset)
          await log.close()
          const base = firstSegment ? bases[0] : bases[bases.length - 1]
          const path = `data/t-0/${String(base).padStart(20, '0')}${kind}`
          await runtime.disk.remove(path)
          if (!remove) {
            const file = await runtime.disk.open(path, 'create')
            await file.write([garbage], 0)
            await file.close()
          }
          const again = await openTestLog(runtime, { settings })
          assert.equal(again.log.logEndOffset, 80)
          for (const offset of [0, 1, 5, 33, 41, 60, 79]) {
            const slice = await again.log.read({ from: offset, upTo: 80, maxBytes: 1, minOneBatch: true })
            assert.deepEqual(rangesOf(Buffer.concat(slice.buffers)), [
              [offset - (offset % 2), offset - (offset % 2) + 1],
            ])
            slice.release()
          }
          assert.deepEqual(await readAll(again.log, 0), bytes)
          await again.log.close()
        })(),
      )
    },
  )
  await fc.assert(property, { numRuns: 100 })
})
