import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../root.mjs'
import { deadFileFindings } from './dead-files.mjs'
import { folderOrder, importFindings } from './imports.mjs'
import { nameFindings } from './names.mjs'
import { fileLinesMax, sizeFindings } from './size.mjs'
import { wordFindings } from './words.mjs'

interface Planted {
  readonly path: string
  readonly text: string
}

/** A file that imports one other. */
function importing(path: string, target: string): Planted {
  return { path, text: `import { a } from '${target}'\n` }
}

function says(findings: { path: string; says: string }[]): string {
  return findings.map((finding) => `${finding.path} ${finding.says}`).join('\n')
}

test('an import upwards in the order of the folders is refused, with the way out', () => {
  const found = says(importFindings([importing('src/log/segment.ts', '../kafka/listener.ts')]))
  assert.match(found, /^src\/log\/segment\.ts:1 .*log\/ stands above kafka\/.*move the shared part up/)
})

test('every kind of import is seen: of types, for its effects, over several lines, called, passed on', () => {
  const forms = [
    `import type { A } from '../kafka/a.ts'`,
    `import '../kafka/a.ts'`,
    `import {\n  a,\n  b,\n} from '../kafka/a.ts'`,
    `const a = await import('../kafka/a.ts')`,
    `export { a } from '../kafka/a.ts'`,
    `import * as a from '../kafka/a.ts'`,
  ]
  for (const text of forms) assert.match(says(importFindings([{ path: 'src/log/a.ts', text }])), /stands above/, text)
})

test('imports down the order, within a folder and of packages are fine', () => {
  const fine = [
    importing('src/kafka/a.ts', '../broker/b.ts'),
    importing('src/kafka/handlers/a.ts', '../listener.ts'),
    importing('src/log/a.ts', 'node:path'),
    importing('src/cli/a.ts', '../../sim/world.ts'),
    importing('sim/a.ts', '../src/server/start.ts'),
    importing('src/tidy.test.ts', '../scripts/root.mjs'),
  ]
  assert.equal(says(importFindings(fine)), '')
})

test('of src/ only cli/ imports sim/, and nothing imports bench/, hostile/ or interop/', () => {
  assert.match(says(importFindings([importing('src/server/a.ts', '../../sim/world.ts')])), /only cli\/ imports sim\//)
  assert.match(says(importFindings([importing('src/cli/a.ts', '../../bench/load.ts')])), /imports nothing from bench\//)
  assert.match(
    says(importFindings([importing('bench/a.ts', '../sim/b.ts')])),
    /bench\/ imports from itself and src, interop/,
  )
  assert.match(
    says(importFindings([importing('src/cli/a.ts', '../../hostile/a.ts')])),
    /imports nothing from hostile\//,
  )
  assert.match(says(importFindings([importing('sim/a.ts', '../interop/b.ts')])), /sim\/ imports from itself and src/)
})

test('a folder without a place, a barrel and a target without its ending are refused', () => {
  assert.match(says(importFindings([{ path: 'src/extra/a.ts', text: '' }])), /no place in the order/)
  assert.match(says(importFindings([{ path: 'src/log/a.ts', text: `export * from './b.ts'` }])), /import the file that/)
  assert.match(says(importFindings([importing('src/log/a.ts', './b.js')])), /with its \.ts ending/)
})

test('only the entry point of the package passes on what others define', () => {
  const passing = (path: string): Planted[] => [{ path, text: `export { a } from './b.ts'` }]
  assert.equal(says(importFindings(passing('src/embed/trilog.ts'))), '')
  assert.match(says(importFindings(passing('src/embed/a.ts'))), /import the file that/)
})

test('the order is the one that docs/architecture.md gives', () => {
  const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8')
  const listed = [...page.matchAll(/^ {2}([a-z-]+)\/ {2,}/gm)].map((match) => match[1])
  assert.deepEqual(listed, folderOrder)
})

test('a file over the limit fails, at the limit passes', () => {
  const of = (lines: number): Planted[] => [{ path: 'src/log/a.ts', text: 'x\n'.repeat(lines) }]
  assert.match(says(sizeFindings(of(fileLinesMax + 1), {})), /601 lines, over 600: split it/)
  assert.equal(says(sizeFindings(of(fileLinesMax), {})), '')
})

test('the ratchet never loosens: a listed file may not grow, and its number follows it down', () => {
  const of = (lines: number): Planted[] => [{ path: 'src/log/a.ts', text: 'x\n'.repeat(lines) }]
  const ratchet = { 'src/log/a.ts': 700 }
  assert.match(says(sizeFindings(of(701), ratchet)), /over 700/)
  assert.equal(says(sizeFindings(of(700), ratchet)), '')
  assert.match(says(sizeFindings(of(650), ratchet)), /lower its 700/)
  assert.match(says(sizeFindings(of(500), ratchet)), /take it off/)
  assert.match(says(sizeFindings([], ratchet)), /take it off/)
})

test('names that say nothing are refused, of files and of folders', () => {
  const bad = [
    'utils',
    'log-utils',
    'helpers',
    'common',
    'types',
    'manager',
    'group-manager',
    'index',
    'camelCase',
    'test',
  ]
  for (const name of bad) assert.notEqual(says(nameFindings([{ path: `src/log/${name}.ts`, text: '' }])), '', name)
  assert.match(says(nameFindings([{ path: 'src/log/test/a.ts', text: '' }])), /node --test/)
  assert.match(says(nameFindings([{ path: 'src/common/a.ts', text: '' }])), /names no thing/)
  assert.equal(says(nameFindings([{ path: 'src/log/high-watermark.property.test.ts', text: '' }])), '')
})

test('unfinished work and numbers of a tracker are refused in code and pages', () => {
  for (const word of ['FIX' + 'ME', 'TO' + 'DO', 'issue ' + '12'])
    for (const path of ['src/log/a.ts', 'docs/a.md'])
      assert.match(says(wordFindings([{ path, text: `// ${word}: later\n` }])), new RegExp(`${path}:1 "${word}"`))
})

test('tests that would not run are refused', () => {
  const left = ['test.' + 'only(', 'describe.' + 'skip(', 't.' + 'skip(', '{ skip' + ': true }', 'it.' + 'todo(']
  for (const text of left)
    assert.match(says(wordFindings([{ path: 'src/log/a.test.ts', text }])), /leaves tests out/, text)
  assert.equal(says(wordFindings([{ path: 'src/log/a.test.ts', text: `{ skip: !isLinux && 'reads /proc' }` }])), '')
})

test('paths of one machine and hosts of one registry are refused in any file', () => {
  for (const path of ['/wo' + 'rk/main', '/ro' + 'ot/x', '/ho' + 'me/ann/x', '/Us' + 'ers/ann/x'])
    assert.match(says(wordFindings([{ path: '.ci/run', text: `cd ${path}` }])), /path of one machine/, path)
  const host = 'https://reg' + 'istry.npmjs.org/a/-/a-1.0.0.tgz'
  assert.match(says(wordFindings([{ path: 'docs/a.md', text: host }])), /one registry/)
  assert.match(
    says(wordFindings([{ path: 'package-lock.json', text: `"resolved": "https://x/a.tgz"` }])),
    /omit-lockfile/,
  )
  assert.equal(says(wordFindings([{ path: 'src/log/a.ts', text: `join('src/work/a', '/tmp/x')` }])), '')
})

test('a clock that the linter has no rule for is refused outside of the runtime', () => {
  for (const text of ['new Da' + 'te()', 'global' + 'This.setTimeout(run)']) {
    assert.match(says(wordFindings([{ path: 'src/log/a.ts', text }])), /from the runtime/)
    assert.equal(says(wordFindings([{ path: 'src/runtime/node/a.ts', text }])), '')
  }
})

test('leftovers, compiler output, empty files and pages that nobody links to are refused', () => {
  for (const path of [
    'src/log/a.ts.orig',
    'src/log/a.js',
    'src/log/a.d.ts',
    'docs/lost.md',
    'docs/pictures/lost.svg',
    'x.log',
  ])
    assert.notEqual(says(deadFileFindings([{ path, text: 'x' }])), '', path)
  assert.equal(says(deadFileFindings([{ path: 'src/log/fixtures/00000000000000000000.log', text: 'x' }])), '')
  assert.match(says(deadFileFindings([{ path: 'src/log/a.ts', text: '\n' }])), /is empty/)
  const page = { path: 'README.md', text: '[a](docs/found.md) <img src="docs/pictures/p.svg">' }
  const linked = [page, { path: 'docs/found.md', text: 'x' }, { path: 'docs/pictures/p.svg', text: 'x' }]
  assert.equal(says(deadFileFindings(linked)), '')
})

test('a lock without the binaries of every system is refused', () => {
  const lock = (more: object): string =>
    JSON.stringify({ packages: { 'node_modules/a': { optionalDependencies: { '@a/mac': '1.0.0' } }, ...more } })
  assert.match(says(wordFindings([{ path: 'package-lock.json', text: lock({}) }])), /lacks @a\/mac/)
  assert.equal(says(wordFindings([{ path: 'package-lock.json', text: lock({ 'node_modules/@a/mac': {} }) }])), '')
})
