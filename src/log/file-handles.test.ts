import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { FileHandles } from './file-handles.ts'

async function inWorld(work: (world: SimWorld) => Promise<void>): Promise<void> {
  const world = new SimWorld(1)
  await world.complete(work(world))
}

test('a failed open is not remembered', async () => {
  await inWorld(async (world) => {
    const { disk } = world.node('a').runtime
    const files = new FileHandles(disk, 2)
    await assert.rejects(
      files.use('f', (file) => file.size()),
      { code: 'ENOENT' },
    )
    assert.equal(await files.use('f', (file) => file.size(), 'create'), 0)
    assert.equal(await files.use('f', (file) => file.size()), 0)
  })
})

test('no more files stay open than allowed; the one not used for longest goes first, those in use never', async () => {
  await inWorld(async (world) => {
    const { disk } = world.node('a').runtime
    const files = new FileHandles(disk, 2)
    let opens = 0
    const counting = { ...disk, open: (path: string, mode: 'write') => (opens++, disk.open(path, mode)) }
    const counted = new FileHandles(counting as unknown as typeof disk, 2)
    for (const path of ['a', 'b', 'c']) await files.use(path, (file) => file.write([Buffer.from(path)], 0), 'create')
    assert.equal(files.openFiles, 2)
    for (const path of ['a', 'b', 'a', 'b', 'a', 'c', 'a', 'b']) await counted.use(path, (file) => file.size())
    assert.equal(opens, 4)
    await counted.use('a', async (a) => {
      for (const path of ['b', 'c', 'b', 'c']) await counted.use(path, (file) => file.size())
      assert.equal(await a.size(), 1)
    })
  })
})

test('a file is dropped once its last user is done, and may be opened anew meanwhile', async () => {
  await inWorld(async (world) => {
    const { disk } = world.node('a').runtime
    const files = new FileHandles(disk, 4)
    await files.use('f', (file) => file.write([Buffer.from('old')], 0), 'create')
    let dropped = false
    let drop: Promise<void> = Promise.resolve()
    await files.use('f', async (old) => {
      drop = files.drop('f').then(() => {
        dropped = true
      })
      await disk.remove('f')
      await files.use('f', (file) => file.write([Buffer.from('newer')], 0), 'create')
      assert.equal(await old.size(), 3)
      assert.equal(dropped, false)
    })
    await drop
    assert.equal(await files.use('f', (file) => file.size()), 5)
    await files.close()
    assert.equal(files.openFiles, 0)
  })
})
