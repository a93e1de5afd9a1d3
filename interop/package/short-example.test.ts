import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { packageRoot } from '../package-root.ts'
import { compileExample } from './compile-example.ts'
import { pageExample } from './page-example.ts'

/** A project that has this checkout for its package `trilog`. */
const folder = mkdtempSync(join(tmpdir(), 'trilog-example-'))
after(() => rmSync(folder, { recursive: true, force: true }))
mkdirSync(join(folder, 'node_modules/@types'), { recursive: true })
symlinkSync(packageRoot, join(folder, 'node_modules/trilog'))
symlinkSync(join(packageRoot, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'))

test('the short program of docs/embedding.md has right types, runs and ends by itself', () => {
  const compiled = compileExample(folder, pageExample('short'))
  assert.ok('path' in compiled, 'says' in compiled ? compiled.says : '')
  const run = spawnSync(process.execPath, [compiled.path], { encoding: 'utf8', timeout: 60_000 })
  assert.deepEqual([run.status, run.stderr], [0, ''])
  assert.match(run.stdout, /^clients connect to 127\.0\.0\.1:\d+\n$/)
})

test('a program that uses the package wrongly does not compile', () => {
  const compiled = compileExample(folder, `import { startCluster } from 'trilog'\nawait startCluster({ broker: 1 })`)
  assert.match('says' in compiled ? compiled.says : '', /'broker' does not exist in type 'ClusterOptions'/)
})
