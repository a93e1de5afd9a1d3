import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildBatch, buildCompressedBatch } from '../record/batch-builder.ts'
import { sealBatch } from '../record/batch-crc.ts'
import { batchHeaderBytes } from '../record/batch-header.ts'
import type { Disk, DiskFile } from '../runtime/disk.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { batchOf, openTestLog, rangesOf, readBytes, testSettings, validated } from './log-fixture.ts'
import { TailMemory } from './tail-memory.ts'

const logFile = /\.log$/

/** Operations on files of records. */
interface Use {
  reads: number
  writes: number
  syncs: number
}

/** A runtime whose files of records count what is done with them. */
function counting(runtime: Runtime): { runtime: Runtime; use: Use } {
  const use: Use = { reads: 0, writes: 0, syncs: 0 }
  const counted = (file: DiskFile): DiskFile => ({
    path: file.path,
    read: (into, position) => (use.reads++, file.read(into, position)),
    write: (buffers, position) => (use.writes++, file.write(buffers, position)),
    sync: () => (use.syncs++, file.sync()),
    truncate: (length) => file.truncate(length),
    size: () => file.size(),
    close: () => file.close(),
  })
  const open: Disk['open'] = async (path, mode) => {
    const file = await runtime.disk.open(path, mode)
    return logFile.test(path) ? counted(file) : file
  }
  const disk = new Proxy(runtime.disk, {
    get(target, name) {
      if (name === 'open') return open
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { runtime: { ...runtime, disk }, use }
}

function sleep(runtime: Runtime, ms: number): Promise<void> {
  return new Promise((resolve) => void runtime.clock.setTimer(ms, resolve))
}

function complete(work: (counted: { runtime: Runtime; use: Use }) => Promise<void>): Promise<void> {
  const world = new SimWorld(1)
  return world.complete(work(counting(world.node('a').runtime)))
}

test('appends that wait at the same time go to the disk in one write, and one fsync serves them all', () =>
  complete(async ({ runtime, use }) => {
    const settings = { ...testSettings, flushMessages: 1 }
    const { log, seen } = await openTestLog(runtime, { settings })
    log.append(batchOf(['first']), 1)
    for (let i = 0; i < 50; i++) log.append(batchOf([`waits ${i}`, 'x'.repeat(1000)]), 1)
    while (seen.flushed < log.logEndOffset) await sleep(runtime, 1)
    assert.ok(use.writes <= 2, `${use.writes} writes for 51 appends of one turn`)
    assert.ok(use.syncs <= 2, `${use.syncs} fsyncs for 51 appends of one turn`)
    assert.equal(rangesOf(await readBytes(log, 0)).length, 51)
    await log.close()
  }))

test('a reader at the end of the log is served from memory, one that goes on further back with one read of the file', () =>
  complete(async ({ runtime, use }) => {
    const tail = new TailMemory({ maxBytes: 64 * 1024, chunkBytes: 16 * 1024 })
    const { log } = await openTestLog(runtime, { tail })
    for (let i = 0; i < 400; i++) {
      log.append(batchOf(['x'.repeat(1000)]), 1)
      if (i % 10 === 9) await log.flush()
    }
    use.reads = 0
    for (let from = log.logEndOffset - 10; from < log.logEndOffset; from++)
      assert.deepEqual(rangesOf(await readBytes(log, from))[0], [from, from])
    assert.equal(use.reads, 0)
    const next = rangesOf(await readBytes(log, 40, { maxBytes: 20_000 })).at(-1)?.[1] ?? 0
    use.reads = 0
    const old = rangesOf(await readBytes(log, next + 1, { maxBytes: 20_000 }))
    assert.deepEqual(old[0], [next + 1, next + 1])
    assert.ok(old.length >= 15, `${old.length} batches`)
    assert.equal(use.reads, 1)
    await log.close()
  }))

test('a batch is stored as it was sent, but for its base offset and its leader epoch', () =>
  complete(async ({ runtime }) => {
    const { log } = await openTestLog(runtime)
    log.append(batchOf(['before']), 7)
    const record = {
      timestamp: 5000,
      key: Buffer.from('k'),
      value: Buffer.from('v'),
      headers: [{ key: 'h', value: Buffer.from('1') }],
    }
    const sent = await buildCompressedBatch([record, record], 'gzip')
    const own = Buffer.from(sent)
    log.append(validated(sent), 7)
    await log.flush()
    const stored = await readBytes(log, 1)
    const without = (bytes: Buffer): Buffer => Buffer.concat([bytes.subarray(8, 12), bytes.subarray(16)])
    assert.deepEqual(without(stored), without(own))
    assert.equal(stored.readBigInt64BE(0), 1n)
    assert.equal(stored.readInt32BE(12), 7)
    await log.close()
  }))

test('nothing looks into records on the way in and out: what is none is stored and read back', () =>
  complete(async ({ runtime }) => {
    const { log } = await openTestLog(runtime)
    const sent = Buffer.from(buildBatch([{ timestamp: 5000, value: Buffer.alloc(500, 'x') }]))
    sent.fill(0xff, batchHeaderBytes)
    sealBatch(sent, 0)
    log.append(validated(Buffer.from(sent)), 7)
    await log.flush()
    await log.close()
    const again = await openTestLog(runtime, { clean: false })
    const stored = await readBytes(again.log, 0)
    assert.deepEqual(stored.subarray(batchHeaderBytes), sent.subarray(batchHeaderBytes))
    await again.log.close()
  }))
