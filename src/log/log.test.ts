import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BatchHeader } from '../record/batch-header.ts'
import { buildCompressedBatch } from '../record/batch-builder.ts'
import { crcHolds, sealBatch } from '../record/batch-crc.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import {
  advanceLogStart,
  batchOf,
  openTestLog,
  rangesOf,
  readAll,
  readBytes,
  testSettings,
  validated,
} from './log-fixture.ts'
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
    assert.deepEqual({ ...seen }, { stored: 3, flushed: 3, damage: [], faults: [] })
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

test('a segment rolls by time between batches, by size and by a full index, as in Kafka', async () => {
  const { node, run } = worldOf()
  await run(async () => {
    const settings = {
      ...testSettings,
      segmentMs: 10_000,
      segmentBytes: 1000,
      indexIntervalBytes: 1,
      segmentIndexBytes: 80,
    }
    const { log } = await openTestLog(node.runtime, { settings })
    const bases = () => log.segments().map(({ baseOffset }) => baseOffset)
    log.append(batchOf(['a'], { timestamp: 5000 }), 0)
    log.append(batchOf(['b'], { timestamp: 15_000 }), 0)
    assert.deepEqual(bases(), [0])
    log.append(batchOf(['c'], { timestamp: 15_001 }), 0)
    assert.deepEqual(bases(), [0, 2])
    log.append(batchOf(['x'.repeat(900)], { timestamp: 15_001 }), 0)
    assert.deepEqual(bases(), [0, 2, 3])
    // An index of 80 bytes has room for 6 entries of time, of which one is kept for the close: 7 batches a segment.
    log.configure({ ...settings, segmentBytes: 1e6, segmentMs: 1e9 })
    for (let i = 0; i < 14; i++) log.append(batchOf([''], { timestamp: 16_000 + i }), 0)
    assert.deepEqual(bases(), [0, 2, 3, 9, 15])
    await log.flush()
    await log.close()
  })
})

test('flush.ms fsyncs what was written within that time, and an idle log has no timer', async () => {
  const { world, node } = worldOf()
  const settings = { ...testSettings, flushMs: 500 }
  const { log, seen } = await world.complete(openTestLog(node.runtime, { settings }))
  await world.run({ untilMs: world.nowMs + 10_000 })
  const idleEvents = world.events
  await world.run({ untilMs: world.nowMs + 10_000 })
  assert.equal(world.events, idleEvents)
  log.append(batchOf(['a']), 0)
  await world.run({ untilMs: world.nowMs + 400 })
  assert.deepEqual([seen.stored, seen.flushed], [1, -1])
  await world.run({ untilMs: world.nowMs + 400 })
  assert.deepEqual([seen.stored, seen.flushed], [1, 1])
})

test('flush.messages fsyncs each time so many records have gathered, and only then they are stored', async () => {
  const { world, node } = worldOf()
  const settings = { ...testSettings, flushMessages: 3 }
  const { log, seen } = await world.complete(openTestLog(node.runtime, { settings }))
  log.append(batchOf(['a', 'b']), 0)
  await world.run({ untilMs: world.nowMs + 400 })
  assert.deepEqual([seen.stored, seen.flushed], [2, -1])
  log.append(batchOf(['c']), 0)
  await world.run({ untilMs: world.nowMs + 400 })
  assert.deepEqual([seen.stored, seen.flushed], [3, 3])
})

test('a follower takes batches as they are, and refuses gaps, broken ones and epochs that go back', async () => {
  const { node, run } = worldOf()
  await run(async () => {
    const { log } = await openTestLog(node.runtime)
    const batch = (baseOffset: number, epoch: number) => batchOf(['a', 'b'], { baseOffset, epoch }).bytes
    log.appendReplicated(Buffer.concat([batch(0, 3), batch(2, 5)]))
    assert.equal(log.logEndOffset, 4)
    assert.deepEqual(log.epochs.entries, [
      { epoch: 3, startOffset: 0 },
      { epoch: 5, startOffset: 2 },
    ])
    assert.deepEqual(log.epochs.endOffsetFor(3, 4), { epoch: 3, endOffset: 2 })
    assert.deepEqual(log.epochs.endOffsetFor(4, 4), { epoch: 3, endOffset: 2 })
    assert.deepEqual(log.epochs.endOffsetFor(5, 4), { epoch: 5, endOffset: 4 })
    assert.equal(log.epochs.endOffsetFor(6, 4), null)
    const broken = Buffer.from(batch(4, 5))
    broken[70] = 99
    for (const bytes of [batch(5, 5), batch(2, 5), batch(4, 4), broken, batch(4, 5).subarray(0, 70)]) {
      assert.throws(() => log.appendReplicated(bytes), { code: 'damaged' })
      assert.throws(() => log.appendReplicated(Buffer.concat([batch(4, 5), bytes])), { code: 'damaged' })
    }
    assert.equal(log.logEndOffset, 4)
    await log.truncateTo(2)
    assert.equal(log.lastEpoch, 3)
    log.appendReplicated(batch(2, 4))
    await log.restartAt(100)
    assert.deepEqual([log.logStartOffset, log.logEndOffset, log.lastEpoch], [100, 100, -1])
    log.appendReplicated(batch(100, 7))
    await log.close()
    const again = await openTestLog(node.runtime, { logStartOffset: 100 })
    assert.deepEqual([again.log.logStartOffset, again.log.logEndOffset, again.log.lastEpoch], [100, 102, 7])
    await again.log.close()
  })
})

test('a batch whose records cannot be read, or are too many, is found by its header', async () => {
  const { node, run } = worldOf()
  await run(async () => {
    const { log } = await openTestLog(node.runtime)
    log.append(batchOf(['a'], { timestamp: 1000 }), 0)
    const many = Array.from({ length: 300 }, () => ({ timestamp: 2000, value: Buffer.alloc(60_000) }))
    const unreadable = await buildCompressedBatch([{ timestamp: 2000, value: Buffer.from('gzip') }], 'gzip')
    unreadable.fill(0, 61)
    sealBatch(unreadable, 0)
    for (const batch of [await buildCompressedBatch(many, 'gzip'), unreadable]) log.append(validated(batch), 0)
    await log.flush()
    const found = async (at: number) => (await log.offsetForTimestamp(at, log.logEndOffset))?.offset
    assert.deepEqual([await found(1000), await found(1001)], [0, 1])
    await advanceLogStart(log, 301)
    assert.deepEqual(await log.offsetOfMaxTimestamp(log.logEndOffset), { offset: 301, timestamp: 2000, epoch: 0 })
    await log.close()
  })
})

test('lookups by timestamp give the first record at or after it, in any segment, compressed or not', async () => {
  const { node, run } = worldOf()
  await run(async () => {
    const settings = { ...testSettings, segmentBytes: 800, indexIntervalBytes: 100 }
    const { log } = await openTestLog(node.runtime, { settings })
    const records: { offset: number; timestamp: number }[] = []
    for (let i = 0; i < 40; i++) {
      const timestamps = [1000 + i * 10, 1005 + i * 10 - (i % 3) * 20]
      const inputs = timestamps.map((timestamp) => ({ timestamp, value: Buffer.from(`v${i}`) }))
      const bytes = await buildCompressedBatch(inputs, i % 2 === 0 ? 'gzip' : 'none')
      const { baseOffset } = log.append(validated(bytes), 1)
      timestamps.forEach((timestamp, k) => records.push({ offset: baseOffset + k, timestamp }))
    }
    for (let at = 950; at < 1420; at += 3) {
      const found = await log.offsetForTimestamp(at, log.logEndOffset)
      const expected = records.find(({ timestamp }) => timestamp >= at)
      assert.deepEqual(found, expected === undefined ? null : { ...expected, epoch: 1 }, `${at}`)
    }
    const newest = await log.offsetOfMaxTimestamp(log.logEndOffset)
    const largest = Math.max(...records.map(({ timestamp }) => timestamp))
    assert.equal(newest?.timestamp, largest)
    assert.equal(newest?.offset, records.find(({ timestamp }) => timestamp === largest)?.offset)
    assert.equal(await log.offsetForTimestamp(1300, 20), null)
    await log.close()
    const again = await openTestLog(node.runtime, { settings })
    assert.deepEqual(await again.log.offsetOfMaxTimestamp(80), newest)
    await advanceLogStart(again.log, 31)
    assert.equal((await again.log.offsetForTimestamp(0, 80))?.offset, 31)
    await again.log.close()
  })
})

test('with preallocation the file has its full size while it is written and its own when it is closed', async () => {
  const { node, run } = worldOf()
  await run(async () => {
    const settings = { ...testSettings, preallocate: true, segmentBytes: 5000 }
    const path = 'data/t-0/00000000000000000000.log'
    const { log } = await openTestLog(node.runtime, { settings })
    log.append(batchOf(['a']), 0)
    await log.flush()
    assert.equal(node.disk.peek(path).length, 5000)
    const all = await readAll(log, 0)
    const killed = await openTestLog(node.runtime, { settings, clean: false })
    assert.deepEqual(await readAll(killed.log, 0), all)
    await killed.log.close()
    assert.deepEqual(Buffer.from(node.disk.peek(path)), all)
  })
})
