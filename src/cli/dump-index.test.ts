import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { offsetIndexFormat, timeIndexFormat } from '../log/sparse-index.ts'
import { placeBatch } from '../record/batch-header.ts'
import { buildBatch } from '../record/batch-builder.ts'
import { NodeDisk } from '../runtime/node/node-disk.ts'
import { dumpOffsetIndex, dumpTimeIndex } from './dump-index.ts'

const base = 100

/** A folder with a segment of three batches of one record each, at base and the two offsets behind it. */
async function inFolder(work: (segment: { folder: string; batchBytes: number }) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dump-index-'))
  try {
    const batches = [0, 1, 2].map((i) => {
      const batch = Buffer.from(buildBatch([{ timestamp: 1000 + i, key: null, value: Buffer.from('v') }]))
      placeBatch(batch, 0, { baseOffset: base + i, epoch: 0 })
      return batch
    })
    writeFileSync(join(folder, '00000000000000000100.log'), Buffer.concat(batches))
    await work({ folder, batchBytes: batches[0]?.length ?? 0 })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function damagesOf(dumped: AsyncIterable<{ facts: object } | { damage: string }>): Promise<string[]> {
  const damages = []
  for await (const one of dumped) if ('damage' in one) damages.push(one.damage)
  return damages
}

function indexOf(format: typeof offsetIndexFormat, ...entries: [key: number, value: number][]): Buffer {
  const bytes = Buffer.alloc(entries.length * format.entryBytes)
  for (const [i, [key, value]] of entries.entries()) format.write(bytes, i * format.entryBytes, { key, value }, base)
  return bytes
}

test('an offset index is held against the batches of the segment beside it', () =>
  inFolder(async ({ folder, batchBytes }) => {
    const path = join(folder, '00000000000000000100.index')
    const damages = (...entries: [number, number][]) => {
      writeFileSync(path, Buffer.concat([indexOf(offsetIndexFormat, ...entries), Buffer.alloc(80)]))
      return damagesOf(dumpOffsetIndex(path, base, new NodeDisk()))
    }
    assert.deepEqual(await damages([101, batchBytes], [102, 2 * batchBytes]), [])
    assert.match((await damages([102, batchBytes])).join(), /ends at offset 101, not 102/)
    assert.match((await damages([101, batchBytes + 1])).join(), /no batch begins at byte/)
    assert.match((await damages([101, 9 * batchBytes])).join(), /no batch begins at byte/)
    assert.match((await damages([102, 2 * batchBytes], [101, batchBytes])).join(), /goes back from 102 to 101/)
  }))

test('a time index is held against the largest timestamps of the batches', () =>
  inFolder(async ({ folder, batchBytes }) => {
    const path = join(folder, '00000000000000000100.timeindex')
    writeFileSync(join(folder, '00000000000000000100.index'), indexOf(offsetIndexFormat, [101, batchBytes]))
    const damages = (...entries: [number, number][]) => {
      writeFileSync(path, indexOf(timeIndexFormat, ...entries))
      return damagesOf(dumpTimeIndex(path, base, new NodeDisk()))
    }
    assert.deepEqual(await damages([1000, 100], [1002, 102]), [])
    assert.match((await damages([1003, 102])).join(), /ends at offset 102 is of 1002, not of 1003/)
    assert.match((await damages([1002, 103])).join(), /no batch ends at offset 103/)
  }))

test('an index without its segment is shown as it is', () =>
  inFolder(async ({ folder }) => {
    const path = join(folder, '00000000000000000200.index')
    writeFileSync(path, Buffer.concat([indexOf(offsetIndexFormat, [300, 5]), Buffer.alloc(3)]))
    const damages = await damagesOf(dumpOffsetIndex(path, base, new NodeDisk()))
    assert.deepEqual(damages, ['3 bytes behind the last whole entry'])
  }))
