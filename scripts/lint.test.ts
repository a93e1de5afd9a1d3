import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { tools } from './checks.mjs'
import { root } from './root.mjs'

const planted: Record<string, string> = {
  'src/log/clock.ts': 'export const now = (): number => Date.now()\n',
  'src/log/random.ts': 'export const draw = (): number => Math.random()\n',
  'src/log/timer.ts': 'export const later = (run: () => void): unknown => setTimeout(run, 1)\n',
  'src/log/turn.ts': 'export const later = (run: () => void): unknown => setImmediate(run)\n',
  'src/log/repeat.ts': 'export const often = (run: () => void): unknown => setInterval(run, 1)\n',
  'src/log/timers-module.ts': `import { setTimeout } from 'node:timers'\nexport const later = setTimeout\n`,
  'src/log/files.ts': `import { readFileSync } from 'node:fs'\nexport const read = readFileSync\n`,
  'src/log/more-files.ts': `import { readFile } from 'node:fs/promises'\nexport const read = readFile\n`,
  'src/log/sockets.ts': `import { connect } from 'node:net'\nexport const dial = connect\n`,
  'src/log/datagrams.ts': `import { createSocket } from 'node:dgram'\nexport const open = createSocket\n`,
  'src/log/secure-sockets.ts': `import { connect } from 'node:tls'\nexport const dial = connect\n`,
  'src/log/random-bytes.ts': `import { randomBytes } from 'node:crypto'\nexport const draw = randomBytes\n`,
  'src/log/clock.test.ts': 'export const now = (): number => Date.now()\n',
  'sim/clock.ts': 'export const now = (): number => Date.now()\n',
  'src/log/floating.ts':
    'const work = async (): Promise<void> => {}\nexport const start = (): void => {\n  work()\n}\n',
  'src/log/switch.ts': `export function of(kind: 'a' | 'b'): void {\n  switch (kind) {\n    case 'a':\n      return\n  }\n}\n`,
  'src/log/one.ts': `import { two } from './two.ts'\nexport const one = (): number => two()\n`,
  'src/log/two.ts': `import { one } from './one.ts'\nexport const two = (): number => one()\n`,
  'src/log/long-file.ts': 'export {}\n'.repeat(601),
  'src/log/long-function.ts': `export function long(run: () => void): void {\n${'  run()\n'.repeat(70)}}\n`,
  'src/log/writing.test.ts': `import { writeFileSync } from 'node:fs'\nexport const write = writeFileSync\n`,
  'src/log/dialing.test.ts': `import { connect } from 'node:net'\nexport const dial = connect\n`,
  // What is fine must pass: exceptions that the rules name, and node:test's promises.
  'src/runtime/node/clock.ts': 'export const now = (): number => Date.now()\n',
  'src/cli/files.ts': `import { readFileSync } from 'node:fs'\nexport const read = readFileSync\n`,
  'bench/timer.ts': 'export const later = (run: () => void): unknown => setTimeout(run, 1)\n',
  'src/log/reading.test.ts': `import { readFileSync } from 'node:fs'\nexport const read = readFileSync\n`,
  'src/runtime/node/clock.test.ts': `import { writeFileSync } from 'node:fs'\nexport const write = writeFileSync\n`,
  'src/log/fine.test.ts': `import { test } from 'node:test'\ntest('a promise', async () => {})\n`,
}

const rules: Record<string, string> = {
  'src/log/clock.ts': 'no-restricted-properties',
  'src/log/random.ts': 'no-restricted-properties',
  'src/log/timer.ts': 'no-restricted-globals',
  'src/log/turn.ts': 'no-restricted-globals',
  'src/log/repeat.ts': 'no-restricted-globals',
  'src/log/timers-module.ts': 'no-restricted-imports',
  'src/log/files.ts': 'no-restricted-imports',
  'src/log/more-files.ts': 'no-restricted-imports',
  'src/log/sockets.ts': 'no-restricted-imports',
  'src/log/datagrams.ts': 'no-restricted-imports',
  'src/log/secure-sockets.ts': 'no-restricted-imports',
  'src/log/random-bytes.ts': 'no-restricted-imports',
  'src/log/clock.test.ts': 'no-restricted-properties',
  'src/log/writing.test.ts': 'no-restricted-imports',
  'src/log/dialing.test.ts': 'no-restricted-imports',
  'sim/clock.ts': 'no-restricted-properties',
  'src/log/floating.ts': 'no-floating-promises',
  'src/log/switch.ts': 'switch-exhaustiveness-check',
  'src/log/one.ts': 'no-cycle',
  'src/log/two.ts': 'no-cycle',
  'src/log/long-file.ts': 'max-lines',
  'src/log/long-function.ts': 'max-lines-per-function',
}

const found = lintPlanted()

for (const [path, rule] of Object.entries(rules)) {
  test(`the linter reports ${rule} in a planted ${path}`, () => {
    assert.ok(found.get(path)?.includes(rule), `${path}: ${found.get(path)?.join(', ') ?? 'nothing'}`)
  })
}

test('the linter says nothing about what the exceptions allow', () => {
  for (const path of Object.keys(planted)) if (!(path in rules)) assert.deepEqual(found.get(path) ?? [], [], path)
})

/** Runs the linter as `npm run verify` does, in a checkout that holds nothing but the planted files. */
function lintPlanted(): Map<string, string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'trilog-lint-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  for (const name of ['.oxlintrc.json', 'tsconfig.json', 'package.json'])
    copyFileSync(join(root, name), join(folder, name))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const [path, text] of Object.entries(planted)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const [program = '', ...args] = tools.lint
  const run = spawnSync(
    process.execPath,
    [join(folder, 'node_modules', program), ...args, '--format=unix', 'src', 'sim', 'bench'],
    {
      cwd: folder,
      encoding: 'utf8',
    },
  )
  const byPath = new Map<string, string[]>()
  for (const [, path = '', rule = ''] of run.stdout.matchAll(/^([^:\n]+):\d+:\d+: .*\[Error\/.*\(([\w/-]+)\)\]$/gm))
    byPath.set(path, [...(byPath.get(path) ?? []), rule])
  assert.ok(byPath.size > 0, `the linter found nothing: ${run.stdout}${run.stderr}`)
  return byPath
}
