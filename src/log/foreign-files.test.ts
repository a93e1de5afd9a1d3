import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Runtime } from '../runtime/runtime.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { batchOf, openTestLog, rangesOf, readAll, testSettings } from './log-fixture.ts'

const settings = { ...testSettings, segmentBytes: 900, indexIntervalBytes: 100 }

async function overwrite({ disk }: Runtime, name: string, bytes: Uint8Array): Promise<void> {
  const file = await disk.open(`data/t-0/${name}`, 'truncate')
  await file.write([bytes], 0)
  await file.close()
}

/** A log of several segments, closed cleanly; the name of its newest segment without the ending. */
async function closedLog(runtime: Runtime): Promise<{ newest: string; bytes: Buffer }> {
  const { log } = await openTestLog(runtime, { settings })
  for (let i = 0; i < 24; i++) log.append(batchOf([`value ${i}`, `other ${i}`]), 1)
  await log.flush()
  const bytes = await readAll(log, 0)
  const base = log.segments().at(-1)?.baseOffset ?? 0
  await log.close()
  return { newest: String(base).padStart(20, '0'), bytes }
}

function inWorld(work: (runtime: Runtime) => Promise<void>): Promise<void> {
  const world = new SimWorld(1)
  return world.complete(work(world.node('a').runtime))
}

test('an index of the newest segment that tells of more than there is does not stand in the way of appends', () =>
  inWorld(async (runtime) => {
    const { newest, bytes } = await closedLog(runtime)
    const beyond = Buffer.alloc(8)
    beyond.writeInt32BE(500, 0)
    beyond.writeInt32BE(1, 4)
    await overwrite(runtime, `${newest}.index`, beyond)
    const { log } = await openTestLog(runtime, { settings, clean: true })
    for (let i = 0; i < 24; i++) log.append(batchOf([`new ${i}`]), 1)
    await log.flush()
    assert.ok((await readAll(log, 0)).subarray(0, bytes.length).equals(bytes))
    await log.close()
  }))

test('a cut into damage that begins below the log start leaves an empty log at its start', () =>
  inWorld(async (runtime) => {
    await closedLog(runtime)
    await overwrite(runtime, `${'0'.repeat(20)}.log`, Buffer.alloc(0))
    const { log } = await openTestLog(runtime, { settings, clean: false, logStartOffset: 1 })
    assert.equal(log.damage.length, 1)
    await log.truncateTo(3)
    assert.deepEqual([log.logStartOffset, log.logEndOffset], [1, 1])
    await log.close()
    const again = await openTestLog(runtime, { settings, clean: true, logStartOffset: 1 })
    assert.equal(again.log.logEndOffset, 1)
    await again.log.close()
  }))

test('a truncation does not go by an index that only looks good at its end', () =>
  inWorld(async (runtime) => {
    const { newest } = await closedLog(runtime)
    const read = await runtime.disk.readFile(`data/t-0/${newest}.index`)
    const last = Buffer.from(read.subarray(read.length - 8))
    const before = Buffer.alloc(8)
    before.writeInt32BE(1, 0)
    before.writeInt32BE(-5000, 4)
    await overwrite(runtime, `${newest}.index`, Buffer.concat([before, last]))
    const { log } = await openTestLog(runtime, { settings, clean: true })
    const end = Number(newest) + 2
    await log.truncateTo(end)
    assert.equal(log.logEndOffset, end)
    for (let i = 0; i < 9; i++) log.append(batchOf([`new ${i}`]), 1)
    await log.flush()
    assert.equal(log.logEndOffset, end + 9)
    await readAll(log, 0)
    await log.close()
  }))

test('bytes behind the last batch of a segment cost nothing that the next segment goes on with, after a power cut too', () =>
  inWorld(async (runtime) => {
    const { bytes } = await closedLog(runtime)
    const first = `${'0'.repeat(20)}.log`
    const read = await runtime.disk.readFile(`data/t-0/${first}`)
    for (const junk of [Buffer.alloc(500), Buffer.alloc(7, 0xff)]) {
      await overwrite(runtime, first, Buffer.concat([read, junk]))
      const { log } = await openTestLog(runtime, { settings, clean: false, powerCut: true })
      assert.deepEqual([log.logEndOffset, log.recovery.cutBytes, log.recovery.cutFrom], [48, junk.length, null])
      assert.ok((await readAll(log, 0)).equals(bytes))
      log.append(batchOf(['new']), 1)
      await log.flush()
      assert.deepEqual(rangesOf(await readAll(log, 48)), [[48, 48]])
      await log.truncateTo(48)
      await log.close()
    }
  }))
