import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { build, isBuilt } from './build-dist.mjs'
import { isInstalled, markInstalled, npmCommand } from './install.mjs'
import { oldestNode, platformProblem } from './platform.mjs'
import { root } from './root.mjs'

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A small checkout of its own with the real scripts and compiler. */
function checkout(): string {
  const folder = mkdtempSync(join(tmpdir(), 'trilog-ensure-'))
  folders.push(folder)
  mkdirSync(join(folder, 'src/cli'), { recursive: true })
  mkdirSync(join(folder, 'node_modules/@types'), { recursive: true })
  for (const name of ['typescript', '@typescript', '@types/node', 'undici-types'])
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  cpSync(join(root, 'scripts'), join(folder, 'scripts'), {
    recursive: true,
    filter: (path) => !path.endsWith('.test.ts'),
  })
  for (const name of ['package.json', 'package-lock.json', 'tsconfig.json'])
    cpSync(join(root, name), join(folder, name))
  writeFileSync(join(folder, 'src/cli/main.ts'), 'export const answer: number = 42\n')
  return folder
}

function ensure(folder: string): { status: number | null; stderr: string; stdout: string } {
  return spawnSync(process.execPath, [join(folder, 'scripts/ensure.mjs')], { encoding: 'utf8', cwd: folder })
}

test('Windows and a Node that is too old get a sentence with the way out', () => {
  assert.match(platformProblem({ node: '22.1.0', platform: 'win32' }) ?? '', /Linux and macOS; this is win32.*WSL/)
  assert.match(
    platformProblem({ node: '20.18.9', platform: 'linux' }) ?? '',
    /needs Node 20\.19\.0 or newer; this is 20\.18\.9/,
  )
  assert.match(platformProblem({ node: '9.99.99', platform: 'darwin' }) ?? '', /needs Node/)
  for (const node of ['20.19.0', '20.20.1', '24.0.0', '100.0.0'])
    assert.equal(platformProblem({ node, platform: 'darwin' }), null, node)
})

test('the oldest Node is the one that package.json names', () => {
  assert.equal(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).engines.node, `>=${oldestNode}`)
})

test('node_modules made from another lock file, or by nobody we know, is not taken for ours', () => {
  const folder = checkout()
  assert.equal(isInstalled(folder), false)
  markInstalled(folder)
  assert.equal(isInstalled(folder), true)
  writeFileSync(join(folder, 'package-lock.json'), '{}')
  assert.equal(isInstalled(folder), false)
})

test('npm is called as it called us, and from the PATH otherwise', () => {
  assert.deepEqual(npmCommand('/opt/npm/bin/npm-cli.js'), [process.execPath, '/opt/npm/bin/npm-cli.js'])
  assert.deepEqual(npmCommand('/opt/yarn.js'), ['npm'])
  assert.deepEqual(npmCommand(undefined), ['npm'])
})

test('a build follows changed contents, not changed times, and nothing of an older build stays', () => {
  const folder = checkout()
  build(folder)
  assert.equal(isBuilt(folder), true)
  assert.equal(spawnSync(join(folder, 'dist/src/cli/main.js')).error?.message.includes('EACCES') ?? false, false)
  utimesSync(join(folder, 'src/cli/main.ts'), new Date(0), new Date(0))
  assert.equal(isBuilt(folder), true)
  writeFileSync(join(folder, 'dist/stale.test.js'), 'throw new Error()')
  writeFileSync(join(folder, 'src/cli/main.ts'), 'export const answer: number = 43\n')
  assert.equal(isBuilt(folder), false)
  build(folder)
  assert.equal(existsSync(join(folder, 'dist/stale.test.js')), false)
  assert.match(readFileSync(join(folder, 'dist/src/cli/main.js'), 'utf8'), /43/)
})

test('npx finds the program of the checkout', () => {
  const folder = checkout()
  writeFileSync(join(folder, 'src/cli/main.ts'), `#!/usr/bin/env node\nconsole.log('ran', process.argv[2])\n`)
  markInstalled(folder)
  assert.equal(ensure(folder).status, 0)
  const run = spawnSync('npx', ['--no-install', 'trilog', 'up'], { cwd: folder, encoding: 'utf8' })
  assert.equal(run.stdout, 'ran up\n', run.stderr)
})

test('a build that fails says so, leaves the old one whole, and is tried again', () => {
  const folder = checkout()
  markInstalled(folder)
  assert.equal(ensure(folder).status, 0)
  writeFileSync(join(folder, 'src/cli/main.ts'), 'export const answer: number = "x"\n')
  const failed = ensure(folder)
  assert.equal(failed.status, 1)
  assert.match(failed.stderr, /main\.ts.*TS2322[\s\S]*trilog: the build failed/)
  assert.match(readFileSync(join(folder, 'dist/src/cli/main.js'), 'utf8'), /42/)
  assert.equal(ensure(folder).status, 1)
})

test('an interrupted build is done again', () => {
  const folder = checkout()
  markInstalled(folder)
  mkdirSync(join(folder, 'dist'), { recursive: true })
  mkdirSync(join(folder, 'dist.next/src'), { recursive: true })
  writeFileSync(join(folder, 'dist.next/src/half.js'), '')
  assert.equal(ensure(folder).status, 0)
  assert.equal(existsSync(join(folder, 'dist/src/half.js')), false)
  assert.equal(existsSync(join(folder, 'dist.next')), false)
})

test("with nothing to do it says nothing, and stdout stays the program's in any case", () => {
  const folder = checkout()
  markInstalled(folder)
  const first = ensure(folder)
  assert.match(first.stderr, /building dist/)
  assert.equal(first.stdout, '')
  const second = ensure(folder)
  assert.equal(second.stderr + second.stdout, '')
})

test('of several at once one builds and the others wait for it', async () => {
  const folder = checkout()
  markInstalled(folder)
  const runs = Array.from({ length: 3 }, () => {
    const run = spawn(process.execPath, [join(folder, 'scripts/ensure.mjs')], { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    run.stderr.on('data', (chunk) => {
      said += chunk
    })
    return once(run, 'close').then(([code]) => ({ code, said }))
  })
  const ended = await Promise.all(runs)
  assert.deepEqual(
    ended.map((run) => run.code),
    [0, 0, 0],
  )
  assert.equal(ended.filter((run) => run.said.includes('building dist')).length, 1)
})

test('a lock left by a dead process, or by one whose id another program has now, holds nobody up', () => {
  const folder = checkout()
  markInstalled(folder)
  const dead = spawnSync(process.execPath, ['-e', ''])
  for (const holder of [`${dead.pid} 12345`, `${process.pid} not-its-start`, 'garbage']) {
    writeFileSync(join(folder, '.ensure.lock'), holder)
    rmSync(join(folder, 'dist'), { recursive: true, force: true })
    assert.equal(ensure(folder).status, 0, holder)
    assert.equal(existsSync(join(folder, '.ensure.lock')), false)
  }
})
