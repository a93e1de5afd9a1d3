import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchHeader } from '../record/batch-header.ts'
import { crcHolds } from '../record/batch-crc.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { batchOf, openTestLog, rangesOf, readAll, readBytes, testSettings } from './log-fixture.ts'
import { TailMemory } from './tail-memory.ts'

function worldOf(seed = 1) {
  const world = new SimWorld(seed)
  const node = world.node('a')
  return { world, node, run: <T>(work: () => Promise<T>) => world.complete(work()) }
}

test('what is appended is read back with its offsets, from memory and from disk, before and after a restart', async () => {
  const { node, run } = worldOf()
  await run(async () => {
    const { log, seen } = await openTestLog(node.runtime)
    assert.deepEqual(log.append(batchOf(['a', 'b']), 3), { baseOffset: 0, lastOffset: 1, logAppendTime: -1 })
    assert.deepEqual(log.append(batchOf(['c']), 3), { baseOffset: 2, lastOffset: 2, logAppendTime: -1 })
    assert.equal(log.logEndOffset, 3)
    assert.equal(log.storedUpTo, 0)
    const fromMemory = await readBytes(log, 0)
    assert.deepEqual(rangesOf(fromMemory), [
      [0, 1],
      [2, 2],
    ])
    await log.flush()
    assert.deepEqual({ ...seen }, { stored: 3, flushed: 3, faults: [] })
    const fromFile = Buffer.from(node.disk.peek('data/t-0/00000000000000000000.log'))
    assert.deepEqual(fromFile, fromMemory)
    await log.close()
    const again = await openTestLog(node.runtime)
    assert.equal(again.log.logEndOffset, 3)
    assert.equal(again.log.lastEpoch, 3)
    assert.deepEqual(await readAll(again.log, 0), fromMemory)
    assert.deepEqual(rangesOf(await readBytes(again.log, 2)), [[2, 2]])
    assert.deepEqual(rangesOf(await readBytes(again.log, 1, { maxBytes: 1 })), [[0, 1]])
    assert.equal((await readBytes(again.log, 1, { maxBytes: 1, minOneBatch: false })).length, 0)
    assert.deepEqual(rangesOf(await readBytes(again.log, 0, { upTo: 2 })), [[0, 1]])
    assert.equal((await readBytes(again.log, 0, { upTo: 1 })).length, 0)
    await again.log.close()
  })
})

test('many segments: reads go through all of them, with memory for a part of the log only', async () => {
  const { node, run } = worldOf()
  await run(async () => {
    const settings = { ...testSettings, segmentBytes: 2000, indexIntervalBytes: 300 }
    const tail = new TailMemory({ maxBytes: 4096, chunkBytes: 1024 })
    const { log } = await openTestLog(node.runtime, { settings, tail })
    for (let i = 0; i < 200; i++) {
      log.append(batchOf([`value ${i}`, 'x'.repeat(i % 50)]), 1)
      if (i % 20 === 19) await log.flush()
    }
    assert.ok(log.segments().length > 10)
    const all = await readAll(log, 0, 700)
    assert.deepEqual(rangesOf(all).length, 200)
    for (const offset of [0, 1, 2, 57, 201, 398, 399]) {
      const bytes = await readBytes(log, offset, { maxBytes: 1 })
      assert.deepEqual(rangesOf(bytes), [[offset - (offset % 2), offset - (offset % 2) + 1]])
      assert.ok(crcHolds(bytes, 0))
    }
    await log.close()
    const again = await openTestLog(node.runtime, { settings, tail })
    assert.deepEqual(await readAll(again.log, 0, 700), all)
    await again.log.close()
    const unclean = await openTestLog(node.runtime, { settings, tail, clean: false })
    assert.equal(unclean.log.recovery.scannedBytes, all.length)
    assert.equal(unclean.log.recovery.cutBytes, 0)
    assert.deepEqual(await readAll(unclean.log, 0, 700), all)
    await unclean.log.close()
  })
})

test('LogAppendTime stamps the batch and makes its CRC anew', async () => {
  const { node, run } = worldOf()
  await run(async () => {
    const { log } = await openTestLog(node.runtime, { settings: { ...testSettings, timestampType: 'LogAppendTime' } })
    const { logAppendTime } = log.append(batchOf(['a']), 0)
    const bytes = await readBytes(log, 0)
    const header = new BatchHeader(bytes)
    assert.equal(header.timestampType, 'LogAppendTime')
    assert.equal(header.maxTimestamp, logAppendTime)
    assert.ok(crcHolds(bytes, 0))
    await log.close()
  })
})
