import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Runtime } from '../runtime/runtime.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { type AbortedTransaction, TransactionIndex } from './transaction-index.ts'

const path = '/00000000000000000100.txnindex'
const baseOffset = 100

function setUp() {
  const world = new SimWorld(1)
  return { world, runtime: world.node('a').runtime }
}

const openOn = async ({ disk }: Runtime) => (await TransactionIndex.open(disk, path, baseOffset)).index

const aborted = (producerId: number, firstOffset: number, lastOffset: number, lastStableOffset = lastOffset + 1) => ({
  producerId,
  firstOffset,
  lastOffset,
  lastStableOffset,
  aborted: true,
})

async function filled({ world, runtime }: ReturnType<typeof setUp>): Promise<TransactionIndex> {
  const index = await world.complete(openOn(runtime))
  await world.complete(index.append(aborted(1, 90, 110)))
  await world.complete(index.append(aborted(2, 105, 130, 120)))
  await world.complete(index.append(aborted(1, 120, 140)))
  await world.complete(index.flush())
  return index
}

function collected(index: TransactionIndex, from: number, upTo: number) {
  const into: AbortedTransaction[] = []
  const complete = index.collect(from, upTo, into)
  return { markers: into.map(({ lastOffset }) => lastOffset), complete }
}

describe('the transaction index', () => {
  test('no abort makes no file', async () => {
    const { world, runtime } = setUp()
    const index = await world.complete(openOn(runtime))
    await world.complete(index.flush())
    await world.complete(index.truncateTo(0))
    await world.complete(index.clear())
    assert.equal(await world.complete(runtime.disk.exists(path)), false)
  })

  test('entries are Kafka’s: version, producer, first, last and last stable offset', async () => {
    const at = setUp()
    await filled(at)
    const bytes = Buffer.from(await at.world.complete(at.runtime.disk.readFile(path)))
    assert.equal(bytes.length, 3 * 34)
    assert.equal(
      bytes.subarray(34, 68).toString('hex'),
      '0000' + '0000000000000002' + '0000000000000069' + '0000000000000082' + '0000000000000078',
    )
  })

  test('what overlaps the range is collected, and the search ends where nothing later can', async () => {
    const at = setUp()
    const index = await filled(at)
    assert.deepEqual(collected(index, 100, 105), { markers: [110], complete: true })
    assert.deepEqual(collected(index, 111, 121), { markers: [130, 140], complete: true })
    assert.deepEqual(collected(index, 0, 1000), { markers: [110, 130, 140], complete: false })
    assert.deepEqual(collected(index, 141, 1000), { markers: [], complete: false })
  })

  test('it is read back, and truncation is kept', async () => {
    const at = setUp()
    const index = await filled(at)
    await at.world.complete(index.truncateTo(130))
    assert.deepEqual((await at.world.complete(openOn(at.runtime))).entries, index.entries)
    assert.equal(index.entries.length, 1)
    await at.world.complete(index.append(aborted(3, 111, 135)))
    await at.world.complete(index.close())
    const again = await at.world.complete(openOn(at.runtime))
    assert.deepEqual(collected(again, 0, 1000).markers, [110, 135])
  })

  test('an entry cut short by a crash is as if not written', async () => {
    const at = setUp()
    await filled(at)
    const file = await at.world.complete(at.runtime.disk.open(path, 'write'))
    await at.world.complete(file.truncate(3 * 34 - 1))
    assert.equal((await at.world.complete(openOn(at.runtime))).entries.length, 2)
  })

  test('garbage is said to be damage, and the index is empty for the rebuild', async () => {
    const { world, runtime } = setUp()
    for (const garbage of [Buffer.alloc(34, 0xff), Buffer.alloc(68, 0x01), Buffer.alloc(34)]) {
      await world.complete(runtime.disk.writeFileAtomic(path, garbage))
      const { index, damaged } = await world.complete(TransactionIndex.open(runtime.disk, path, baseOffset))
      assert.deepEqual([damaged, index.entries], [true, []])
    }
  })
})
