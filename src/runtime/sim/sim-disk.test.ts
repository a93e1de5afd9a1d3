import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimWorld } from './sim-world.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

test('what is missing is refused with the codes of a real disk', async () => {
  const world = new SimWorld(1)
  const { disk } = world.node('a').runtime
  const refused = (work: Promise<unknown>, code: string) =>
    assert.rejects(world.complete(work), { name: 'DiskFault', code })
  await refused(disk.open('missing', 'write'), 'ENOENT')
  await refused(disk.open('no/folder', 'create'), 'ENOENT')
  await refused(disk.list('missing'), 'ENOENT')
  await refused(disk.remove('missing'), 'ENOENT')
  await refused(disk.rename('missing', 'x'), 'ENOENT')
  await refused(disk.lock('missing'), 'ENOENT')
  await world.complete(disk.makeDirectory('folder/inner'))
  await refused(disk.open('folder', 'write'), 'EISDIR')
  await refused(disk.remove('folder'), 'EISDIR')
  const file = await world.complete(disk.open('f', 'create'))
  const reader = await world.complete(disk.open('f', 'read'))
  await refused(reader.write([bytesOf('x')], 0), 'EBADF')
  await world.complete(file.close())
  await refused(file.size(), 'EBADF')
  await refused(disk.rename('f', 'folder'), 'EISDIR')
})

test('a full disk takes what fits, refuses the rest with ENOSPC, and takes more once there is room', async () => {
  const world = new SimWorld(1)
  const node = world.node('a')
  const { disk } = node.runtime
  node.disk.capacityBytes = 100
  const file = await world.complete(disk.open('f', 'create'))
  await world.complete(file.write([new Uint8Array(80)], 0))
  await assert.rejects(world.complete(file.write([new Uint8Array(15), new Uint8Array(15)], 80)), { code: 'ENOSPC' })
  assert.equal(await world.complete(file.size()), 100)
  await world.complete(file.write([new Uint8Array(50)], 50))
  assert.deepEqual(await world.complete(disk.space('/')), { freeBytes: 0, totalBytes: 100 })
  await world.complete(file.truncate(10))
  await world.complete(file.write([new Uint8Array(30)], 10))
  assert.equal(world.marks.get('disk full'), 1)
})

test('a planned fault strikes its operation on its path, as often as planned', async () => {
  const world = new SimWorld(1)
  const node = world.node('a')
  const { disk } = node.runtime
  const file = await world.complete(disk.open('log', 'create'))
  node.disk.failNext({ operation: 'write', code: 'EIO', path: 'other' })
  node.disk.failNext({ operation: 'write', code: 'EIO', path: 'log', times: 2 })
  for (let count = 0; count < 2; count++) {
    await assert.rejects(world.complete(file.write([bytesOf('x')], 0)), { code: 'EIO', operation: 'write' })
  }
  await world.complete(file.write([bytesOf('x')], 0))
})

test('after a failed sync a later one succeeds, and yet the bytes are lost in a power cut', async () => {
  const world = new SimWorld(1)
  const node = world.node('a')
  await world.complete(node.runtime.disk.writeFileAtomic('f', new Uint8Array(0)))
  const file = await world.complete(node.runtime.disk.open('f', 'write'))
  await world.complete(file.write([bytesOf('lost')], 0))
  node.disk.failNext({ operation: 'sync', code: 'EIO' })
  await assert.rejects(world.complete(file.sync()), { code: 'EIO' })
  await world.complete(file.sync())
  assert.equal(text(node.disk.peek('f')), 'lost')
  node.powerCut()
  node.restart()
  assert.notEqual(text(node.disk.peek('f')), 'lost')
})

test('a crash keeps every byte whose write had resolved, and of one under way a prefix', async () => {
  const lengths = new Set<number>()
  for (let seed = 0; seed < 40; seed++) {
    const world = new SimWorld(seed)
    const node = world.node('a')
    const file = await world.complete(node.runtime.disk.open('f', 'create'))
    await world.complete(file.write([bytesOf('whole')], 0))
    void file.write([bytesOf('under way')], 5)
    node.crash()
    const { disk } = node.restart()
    const found = text(await world.complete(disk.readFile('f')))
    assert.ok('wholeunder way'.startsWith(found) && found.startsWith('whole'), found)
    lengths.add(found.length)
  }
  assert.ok(lengths.size > 5)
})

test('a name is durable only after its folder’s sync; a rename is never half done', async () => {
  const outcomes = new Set<string>()
  for (let seed = 0; seed < 60; seed++) {
    const world = new SimWorld(seed)
    const node = world.node('a')
    const { disk } = node.runtime
    await world.complete(disk.makeDirectory('d'))
    await world.complete(disk.writeFileAtomic('d/kept', bytesOf('kept')))
    const file = await world.complete(disk.open('d/old', 'create'))
    await world.complete(file.write([bytesOf('content')], 0))
    await world.complete(file.sync())
    await world.complete(disk.syncDirectory('d'))
    await world.complete(disk.rename('d/old', 'd/new'))
    await world.complete((await world.complete(disk.open('d/unsynced', 'create'))).close())
    node.powerCut()
    const names = (await world.complete(node.restart().disk.list('d'))).map((entry) => entry.name).sort()
    assert.ok(names.includes('kept'))
    assert.equal(names.includes('old'), !names.includes('new'))
    assert.equal(text(node.disk.peek(names.includes('old') ? 'd/old' : 'd/new')), 'content')
    outcomes.add(names.join())
  }
  assert.equal(outcomes.size, 4)
})

test('an atomic write leaves the old file or the new one, whole, wherever the power is cut', async () => {
  const seen = new Map<string, number>()
  for (let seed = 0; seed < 150; seed++) {
    const world = new SimWorld(seed)
    const node = world.node('a')
    await world.complete(node.runtime.disk.writeFileAtomic('f', bytesOf('old')))
    let resolved = false
    void node.runtime.disk.writeFileAtomic('f', bytesOf('the new one')).then(() => {
      resolved = true
    })
    await world.run({ untilMs: world.nowMs + world.random.between(0, 8) })
    node.powerCut()
    node.restart()
    const found = text(node.disk.peek('f'))
    if (resolved) assert.equal(found, 'the new one')
    seen.set(found, (seen.get(found) ?? 0) + 1)
  }
  assert.deepEqual([...seen.keys()].sort(), ['old', 'the new one'])
})

test('a folder lock is held against a second taker and falls with the process', async () => {
  const world = new SimWorld(1)
  const node = world.node('a')
  await world.complete(node.runtime.disk.makeDirectory('d'))
  const lock = await world.complete(node.runtime.disk.lock('d'))
  await assert.rejects(world.complete(node.runtime.disk.lock('d')), { code: 'ELOCKED' })
  await world.complete(lock.release())
  await world.complete(node.runtime.disk.lock('d'))
  node.crash()
  await world.complete(node.restart().disk.lock('d'))
})

test('a tree is removed with all in it, and a lost disk is empty', async () => {
  const world = new SimWorld(1)
  const node = world.node('a')
  const { disk } = node.runtime
  await world.complete(disk.makeDirectory('t/deep'))
  await world.complete(disk.writeFileAtomic('t/deep/f', bytesOf('x')))
  await world.complete(disk.writeFileAtomic('g', bytesOf('x')))
  await world.complete(disk.removeTree('t'))
  await world.complete(disk.removeTree('t'))
  assert.deepEqual(await world.complete(disk.list('/')), [{ name: 'g', kind: 'file' }])
  assert.equal((await world.complete(disk.stat('g'))).size, 1)
  node.disk.flipBit('g', 0)
  assert.notEqual(text(await world.complete(disk.readFile('g'))), 'x')
  node.disk.lose()
  assert.deepEqual(await world.complete(disk.list('/')), [])
})
