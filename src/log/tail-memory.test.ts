import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { batchOf, openTestLog, readBytes } from './log-fixture.ts'
import { TailMemory } from './tail-memory.ts'

async function inWorld(work: (world: SimWorld) => Promise<void>): Promise<void> {
  const world = new SimWorld(1)
  await world.complete(work(world))
}

test('a chunk is not used again while a slice of it is out, and is once the slice is released', async () => {
  await inWorld(async (world) => {
    const tail = new TailMemory({ maxBytes: 4096, chunkBytes: 1024 })
    const { log } = await openTestLog(world.node('a').runtime, { tail })
    log.append(batchOf(['the first']), 0)
    const slice = log.read({ from: 0, upTo: 1, maxBytes: 1000, minOneBatch: true })
    assert.ok(!(slice instanceof Promise))
    const before = Buffer.concat(slice.buffers)
    for (let i = 0; i < 100; i++) {
      log.append(batchOf(['x'.repeat(300)]), 0)
      await log.flush()
    }
    assert.deepEqual(Buffer.concat(slice.buffers), before)
    assert.ok(tail.bytes <= 5 * 1024)
    // Memory no longer reaches back to it, but the disk has the same bytes.
    const again = log.read({ from: 0, upTo: 1, maxBytes: 1000, minOneBatch: true })
    assert.ok(again instanceof Promise)
    const fromDisk = await again
    assert.deepEqual(Buffer.concat(fromDisk.buffers), before)
    fromDisk.release()
    slice.release()
    assert.throws(() => slice.release(), { name: 'InvariantViolation' })
    for (let i = 0; i < 20; i++) {
      log.append(batchOf(['y'.repeat(300)]), 0)
      await log.flush()
    }
    assert.notDeepEqual(Buffer.concat(slice.buffers), before)
    assert.ok(tail.bytes <= 4096)
    await log.close()
  })
})

test('readers that are stuck pin half of the bound at most, and the next one reads from the disk what is counted for it', async () => {
  await inWorld(async (world) => {
    const tail = new TailMemory({ maxBytes: 8192, chunkBytes: 1024 })
    const { log } = await openTestLog(world.node('a').runtime, { tail })
    let counted = 0
    const memory = {
      take(_least: number, wanted: number) {
        counted += wanted
        return wanted
      },
      give: (bytes: number) => void (counted -= bytes),
    }
    const slices = []
    let fromDisk = 0
    for (let offset = 0; offset < 50; offset++) {
      log.append(batchOf([`${offset} `.repeat(100)]), 0)
      await log.flush()
      const reading = log.read({ from: offset, upTo: offset + 1, maxBytes: 1000, minOneBatch: true, memory })
      if (reading instanceof Promise) fromDisk++
      const slice = await reading
      assert.ok(Buffer.concat(slice.buffers).includes(`${offset} ${offset} `))
      slices.push(slice)
      assert.ok(tail.bytes <= 8192)
    }
    assert.ok(fromDisk > 30)
    assert.ok(counted >= fromDisk * 1000)
    for (const slice of slices) slice.release()
    assert.equal(counted, 0)
    const again = log.read({ from: 49, upTo: 50, maxBytes: 1000, minOneBatch: true, memory })
    assert.ok(!(again instanceof Promise))
    again.release()
    await log.close()
  })
})

test('many logs share one bound, and an idle one holds nothing', async () => {
  await inWorld(async (world) => {
    const { runtime } = world.node('a')
    const tail = new TailMemory({ maxBytes: 8192, chunkBytes: 1024 })
    const opened = []
    for (let i = 0; i < 50; i++) opened.push((await openTestLog(runtime, { tail, directory: `data/t-${i}` })).log)
    assert.equal(tail.bytes, 0)
    for (let round = 0; round < 5; round++) {
      for (const log of opened) {
        log.append(batchOf([`round ${round}`]), 0)
        if (log.logEndOffset % 2 === 0) await log.flush()
      }
    }
    await Promise.all(opened.map((log) => log.flush()))
    assert.ok(tail.bytes <= 8192)
    assert.equal(tail.unwrittenBytes, 0)
    for (const log of opened) {
      for (let offset = 0; offset < 5; offset++) {
        const bytes = await readBytes(log, offset, { maxBytes: 1 })
        assert.ok(bytes.includes(`round ${offset}`))
      }
    }
    await Promise.all(opened.map((log) => log.close()))
  })
})

test('a batch larger than a chunk is taken, and its memory given up later', async () => {
  await inWorld(async (world) => {
    const tail = new TailMemory({ maxBytes: 8192, chunkBytes: 1024 })
    const { log } = await openTestLog(world.node('a').runtime, { tail })
    for (let i = 0; i < 10; i++) {
      log.append(batchOf(['z'.repeat(3000)]), 0)
      assert.ok((await readBytes(log, i)).includes('z'.repeat(3000)))
      await log.flush()
      log.append(batchOf(['small']), 0)
      await log.flush()
      await log.truncateTo(i + 1)
    }
    assert.ok(tail.bytes <= 8192)
    await log.close()
  })
})
