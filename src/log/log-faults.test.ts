import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { advanceLogStart, batchOf, openTestLog, rangesOf, readAll, testSettings } from './log-fixture.ts'
import { LogAppendFault } from './log-faults.ts'
import { TailMemory } from './tail-memory.ts'

function worldOf(seed = 1) {
  const world = new SimWorld(seed)
  const node = world.node('a')
  return { world, node, run: <T>(work: () => Promise<T>) => world.complete(work()) }
}

test('a disk that fills up in the middle of a write takes nothing more, and reopened the log has no torn batch', async () => {
  const { node, run } = worldOf()
  await run(async () => {
    const { log, seen } = await openTestLog(node.runtime)
    log.append(batchOf(['kept']), 0)
    await log.flush()
    const stored = await readAll(log, 0)
    node.disk.capacityBytes = node.disk.usedBytes() + 100
    for (let i = 0; i < 3; i++) log.append(batchOf([`lost ${i}`, 'x'.repeat(30)]), 0)
    await assert.rejects(log.flush(), { code: 'ENOSPC' })
    assert.equal(log.fault?.code, 'ENOSPC')
    assert.deepEqual(
      seen.faults.map((fault) => fault.code),
      ['ENOSPC'],
    )
    assert.equal(seen.stored, 1)
    assert.equal(log.logEndOffset, 1)
    assert.throws(
      () => log.append(batchOf(['refused']), 0),
      (error) => error instanceof LogAppendFault && error.code === 'storage-error',
    )
    assert.deepEqual(await readAll(log, 0), stored)
    await assert.rejects(log.close(), { code: 'ENOSPC' })
    node.disk.capacityBytes = Number.POSITIVE_INFINITY
    const again = await openTestLog(node.runtime, { clean: false })
    assert.ok(again.log.recovery.cutBytes > 0)
    assert.deepEqual(await readAll(again.log, 0), stored)
    again.log.append(batchOf(['new']), 0)
    await again.log.flush()
    assert.deepEqual(rangesOf(await readAll(again.log, 0)), [
      [0, 0],
      [1, 1],
    ])
    await again.log.close()
  })
})

test('a failed fsync is never retried: what waited for it is not stored, and the log has failed', async () => {
  const { node, run } = worldOf()
  await run(async () => {
    const { log, seen } = await openTestLog(node.runtime, { settings: { ...testSettings, flushMessages: 1 } })
    log.append(batchOf(['a']), 0)
    await log.flush()
    assert.equal(seen.stored, 1)
    node.disk.failNext({ operation: 'sync', code: 'EIO', path: '.log' })
    log.append(batchOf(['b']), 0)
    await assert.rejects(log.flush(), { code: 'EIO' })
    assert.equal(seen.stored, 1)
    assert.equal(log.storedUpTo, 1)
    assert.equal(seen.faults.length, 1)
    await assert.rejects(log.close(), { code: 'EIO' })
  })
})

test('faults while a segment is made, rolled, truncated or removed reach the owner once', async () => {
  for (const operation of ['open', 'truncate', 'rename', 'syncDirectory'] as const) {
    const { node, run } = worldOf()
    await run(async () => {
      const settings = { ...testSettings, segmentBytes: 200 }
      const { log, seen } = await openTestLog(node.runtime, { settings })
      for (let i = 0; i < 5; i++) log.append(batchOf(['some value', `${i}`]), 0)
      await log.flush()
      node.disk.failNext({ operation, code: 'EIO', times: Number.POSITIVE_INFINITY })
      const work = async () => {
        for (let i = 0; i < 5; i++) log.append(batchOf(['some value', `${i}`]), 0)
        await log.flush()
        await advanceLogStart(log, 6)
        await log.truncateTo(7)
      }
      await assert.rejects(work, { code: 'EIO' })
      assert.equal(seen.faults.length, 1, operation)
      await assert.rejects(log.close(), { code: 'EIO' })
      node.disk.heal()
      const again = await openTestLog(node.runtime, { settings, clean: false })
      assert.deepEqual(again.log.recovery.damage, [])
      assert.ok(again.log.logEndOffset >= 7)
      await again.log.close()
    })
  }
})

test('with flush.messages=1 nothing that was stored is lost in a power cut, whatever was under way', async () => {
  for (let seed = 1; seed <= 150; seed++) {
    const world = new SimWorld(seed)
    const node = world.node('a')
    const settings = { ...testSettings, flushMessages: 1, segmentBytes: 700 }
    const { log, seen } = await world.complete(openTestLog(node.runtime, { settings }))
    let epoch = 0
    for (let i = 0; i < 10; i++) {
      if (i % 4 === 0) epoch++
      log.append(batchOf([`value ${i}`, 'x'.repeat((seed * 7 + i * 13) % 200)]), epoch)
      if (i % 3 === 0) await world.run({ untilMs: world.nowMs + world.random.between(0, 3) })
    }
    const { stored } = seen
    node.powerCut()
    node.restart()
    await world.complete(
      (async () => {
        const again = await openTestLog(node.runtime, { settings, clean: false, powerCut: true })
        assert.ok(again.log.logEndOffset >= stored, `seed ${seed}: ${again.log.logEndOffset} of ${stored}`)
        assert.deepEqual(again.log.recovery.damage, [], `seed ${seed}`)
        const ranges = rangesOf(await readAll(again.log, 0))
        assert.deepEqual(
          ranges,
          ranges.map((_, i) => [i * 2, i * 2 + 1]),
        )
        again.log.append(batchOf(['goes on']), epoch + 1)
        await again.log.close()
      })(),
    )
  }
})

test('more appended than memory may hold unwritten is refused as busy, and taken again once the disk has caught up', async () => {
  const { node, run } = worldOf()
  await run(async () => {
    const tail = new TailMemory({ maxBytes: 4096, chunkBytes: 1024 })
    const { log } = await openTestLog(node.runtime, { tail })
    const fill = () => {
      for (;;) log.append(batchOf(['x'.repeat(400)]), 0)
    }
    assert.throws(fill, (error) => error instanceof LogAppendFault && error.code === 'storage-busy')
    assert.ok(tail.unwrittenBytes <= 8192)
    const end = log.logEndOffset
    await log.flush()
    assert.equal(tail.unwrittenBytes, 0)
    assert.ok(tail.bytes <= 8192 + 1024)
    log.append(batchOf(['again']), 0)
    assert.equal(log.logEndOffset, end + 1)
    await log.close()
    assert.equal(log.recovery.cutBytes, 0)
  })
})

test('what a failed fsync left in the page cache only is durable once recovery was told of it', async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const world = new SimWorld(seed)
    const node = world.node('a')
    await world.complete(
      (async () => {
        const { log } = await openTestLog(node.runtime)
        for (let i = 0; i < 4; i++) log.append(batchOf(['x'.repeat(3000)]), 2)
        node.disk.failNext({ operation: 'sync', code: 'EIO', path: '.log' })
        await assert.rejects(log.flush(), { code: 'EIO' })
        const again = await openTestLog(node.restart(), { clean: false, syncFailed: true })
        assert.equal(again.log.logEndOffset, 4)
        node.powerCut()
        const last = await openTestLog(node.restart(), { clean: false, powerCut: true, recoveryPoint: 4 })
        assert.deepEqual([last.log.logEndOffset, last.log.recovery.damage], [4, []])
      })(),
    )
  }
})

test('a kill while old segments are removed and new ones are filled leaves no hole between two segments', async () => {
  const settings = { ...testSettings, segmentBytes: 300 }
  for (let events = 0, isOver = false; !isOver; events++) {
    const { world, node, run } = worldOf()
    const log = await run(async () => {
      const { log } = await openTestLog(node.runtime, { settings })
      for (let i = 0; i < 4; i++) log.append(batchOf([`${i}`, 'x'.repeat(100)]), 0)
      await log.flush()
      return log
    })
    log.moveLogStart(log.logEndOffset)
    void log.removeBelowLogStart().then(() => (isOver = true))
    let seen = 0
    await world.runUntil(() => {
      // What waits to be written goes over several segments.
      if (seen < 8) log.append(batchOf([`${seen}`, 'y'.repeat(120)]), 0)
      return isOver || seen++ === events
    }, 60_000)
    node.crash()
    node.restart()
    await run(async () => {
      const { log } = await openTestLog(node.runtime, { settings, clean: false })
      assert.deepEqual(log.damage, [], `behind ${events} events`)
    })
  }
})
