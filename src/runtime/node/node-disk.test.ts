import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { after, before, test } from 'node:test'
import { NodeDisk } from './node-disk.ts'

const disk = new NodeDisk()
let root = ''
before(async () => {
  root = await mkdtemp(`${tmpdir()}/trilog-disk-`)
})
after(() => rm(root, { recursive: true, force: true }))

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()

test('a missing file is a DiskFault with the system’s code, the path and the operation', async () => {
  const path = `${root}/missing`
  await assert.rejects(disk.open(path, 'write'), { name: 'DiskFault', code: 'ENOENT', path, operation: 'open' })
  await assert.rejects(disk.readFile(path), { name: 'DiskFault', code: 'ENOENT', operation: 'read' })
  await assert.rejects(disk.list(path), { code: 'ENOENT', operation: 'list' })
  await assert.rejects(disk.remove(path), { code: 'ENOENT' })
  await assert.rejects(disk.rename(path, `${path}2`), { code: 'ENOENT' })
  await assert.rejects(disk.syncDirectory(path), { code: 'ENOENT' })
  await assert.rejects(disk.lock(path), { code: 'ENOENT', operation: 'lock' })
  assert.equal(await disk.exists(path), false)
})

test('writing to a full device is refused with ENOSPC', { skip: process.platform !== 'linux' }, async () => {
  const file = await disk.open('/dev/full', 'write')
  await assert.rejects(file.write([new Uint8Array(10)], 0), { code: 'ENOSPC', operation: 'write' })
  await assert.rejects(file.write([new Uint8Array(10), new Uint8Array(10)], 0), { code: 'ENOSPC' })
  await file.close()
})

test('writing to a file that is open for reading is refused', async () => {
  await (await disk.open(`${root}/read-only`, 'create')).close()
  const file = await disk.open(`${root}/read-only`, 'read')
  await assert.rejects(file.write([new Uint8Array(1)], 0), { code: 'EBADF' })
  await file.close()
})

test('a vectored write of more buffers than the system takes at once arrives whole and in order', async () => {
  const file = await disk.open(`${root}/vectored`, 'create')
  const buffers = Array.from({ length: 5000 }, (_, index) => Buffer.from(`${index},`))
  buffers.splice(100, 0, Buffer.alloc(0))
  await file.write([Buffer.from('head;')], 0)
  await file.write(buffers, 5)
  const expected = `head;${Buffer.concat(buffers)}`
  assert.equal(await file.size(), expected.length)
  const into = new Uint8Array(expected.length + 10)
  assert.equal(await file.read(into, 0), expected.length)
  assert.equal(text(into.subarray(0, expected.length)), expected)
  assert.equal(buffers.length, 5001)
  await file.sync()
  await file.truncate(4)
  assert.equal(await file.read(into, 2), 2)
  assert.equal(await file.read(into, 100), 0)
  await file.write([], 0)
  await file.close()
  assert.equal(text(await disk.readFile(`${root}/vectored`)), 'head')
})

test('open empties a file only when told to', async () => {
  const path = `${root}/modes`
  for (const [mode, size] of [
    ['create', 0],
    ['create', 3],
    ['write', 3],
    ['truncate', 0],
  ] as const) {
    const file = await disk.open(path, mode)
    assert.equal(await file.size(), size)
    await file.write([Buffer.from('abc')], 0)
    await file.close()
  }
})

test('an atomic write replaces the whole file, and many at once leave one of them whole', async () => {
  const path = `${root}/atomic`
  await disk.writeFileAtomic(path, Buffer.from('a much longer first version'))
  const versions = ['one', 'two two', 'three three three']
  await Promise.all(versions.map((version) => disk.writeFileAtomic(path, Buffer.from(version))))
  assert.equal(text(await disk.readFile(path)), versions.at(-1))
  assert.equal(await disk.exists(`${path}.tmp`), false)
  await assert.rejects(disk.writeFileAtomic(`${root}/nowhere/file`, Buffer.from('')), { code: 'ENOENT' })
})

test('folders are made with their parents, by several at once, listed and removed with all in them', async () => {
  const path = `${root}/a/b/c`
  await Promise.all([disk.makeDirectory(path), disk.makeDirectory(path), disk.makeDirectory(`${root}/a/b/d`)])
  await (await disk.open(`${path}/file`, 'create')).close()
  assert.deepEqual(await disk.list(path), [{ name: 'file', kind: 'file' }])
  const names = (await disk.list(`${root}/a/b`)).map((entry) => `${entry.name} ${entry.kind}`)
  assert.deepEqual(names.sort(), ['c directory', 'd directory'])
  await assert.rejects(disk.makeDirectory(`${path}/file`), { name: 'DiskFault' })
  await disk.removeTree(`${root}/a`)
  await disk.removeTree(`${root}/a`)
  assert.equal(await disk.exists(`${root}/a`), false)
})

test('stat and space tell sizes in bytes', async () => {
  await disk.writeFileAtomic(`${root}/sized`, new Uint8Array(1234))
  const { size, modifiedMs } = await disk.stat(`${root}/sized`)
  assert.equal(size, 1234)
  assert.ok(Number.isInteger(modifiedMs) && modifiedMs > 1.6e12)
  const { freeBytes, totalBytes } = await disk.space(root)
  assert.ok(freeBytes > 0 && freeBytes <= totalBytes)
})

test('a locked folder is refused to a second taker until it is released', async () => {
  const lock = await disk.lock(root)
  await assert.rejects(disk.lock(root), { name: 'DiskFault', code: 'ELOCKED', path: root })
  // The same folder by another name.
  await assert.rejects(disk.lock(`${root}/../${root.slice(root.lastIndexOf('/') + 1)}`), { code: 'ELOCKED' })
  await lock.release()
  await (await disk.lock(root)).release()
})

test('of many processes one gets the lock, and it is free as soon as that one is killed with -9', async () => {
  const folder = `${root}/shared`
  await disk.makeDirectory(folder)
  for (let round = 0; round < 2; round++) {
    const takers = Array.from({ length: 5 }, () => startTaker(folder))
    const answers = await Promise.all(takers.map((taker) => taker.answer))
    assert.deepEqual(answers.sort(), ['ELOCKED', 'ELOCKED', 'ELOCKED', 'ELOCKED', 'locked'])
    await assert.rejects(disk.lock(folder), { code: 'ELOCKED' })
    await Promise.all(takers.map(({ child }) => killed(child)))
  }
  await (await disk.lock(folder)).release()
})

/** A process that tries to lock the folder, prints what it got, and stays. */
function startTaker(folder: string): { child: ChildProcess; answer: Promise<string> } {
  const program = `
    const { NodeDisk } = await import(${JSON.stringify(new URL('./node-disk.js', import.meta.url).href)})
    const answer = await new NodeDisk().lock(process.argv[1]).then(() => 'locked', (fault) => fault.code)
    process.stdout.write(answer)
    process.stdin.resume()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const answer = new Promise<string>((resolve) => child.stdout?.once('data', (data) => resolve(`${data}`)))
  return { child, answer }
}

function killed(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}
