import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { PidFile } from './pid-file.ts'
import { identityOf } from './process-identity.ts'

function inFolder(run: (path: string) => void | Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'trilog-pid-'))
  return Promise.resolve(run(join(folder, 'pid'))).finally(() => rmSync(folder, { recursive: true }))
}

test('a pid file names the process that wrote it, and only that', () =>
  inFolder((path) => {
    const file = new PidFile(path)
    assert.equal(file.running(), null)
    file.write()
    assert.equal(file.running(), process.pid)
    assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`)
    file.remove()
    assert.equal(file.running(), null)
  }))

test('an id that was given out again is not taken for the old process', () =>
  inFolder((path) => {
    const file = new PidFile(path)
    file.write()
    writeFileSync(`${path}.started`, `${process.pid} 12345 another boot\n`)
    assert.equal(file.running(), null)
    // Nor is it this process's to remove.
    file.remove()
    assert.equal(readFileSync(path, 'utf8'), `${process.pid}\n`)
  }))

test('damaged and empty files name nobody', () =>
  inFolder((path) => {
    for (const text of ['', 'x', '-1', '0', '1.5', '99999999999']) {
      writeFileSync(path, text)
      assert.equal(new PidFile(path).running(), null)
    }
  }))

test('a process has one identity while it lives, and none afterwards', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] })
  const pid = child.pid as number
  const identity = identityOf(pid)
  assert.notEqual(identity, null)
  assert.equal(identityOf(pid), identity)
  assert.notEqual(identity, identityOf(process.pid))
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
  assert.equal(identityOf(pid), null)
})
