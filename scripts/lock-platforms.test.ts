import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { addMissingPlatforms } from './lock-platforms.mjs'
import { root } from './root.mjs'

test('binaries of other systems that npm has left out of the lock come back as they were', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trilog-lock-'))
  try {
    const path = join(folder, 'package-lock.json')
    cpSync(join(root, 'package-lock.json'), path)
    assert.deepEqual(addMissingPlatforms(folder), [], 'the lock of the checkout is whole')
    const whole = readFileSync(path, 'utf8')
    const lock = JSON.parse(whole)
    const taken = Object.keys(lock.packages).filter((name) => name !== '' && !('integrity' in lock.packages[name]))
    for (const name of taken) delete lock.packages[name]
    writeFileSync(path, JSON.stringify(lock))
    assert.equal(addMissingPlatforms(folder).length, taken.length)
    assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), JSON.parse(whole))
    assert.equal(readFileSync(path, 'utf8'), whole)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
