import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { staleFindings, writeGenerated } from './generated.mjs'

const folder = mkdtempSync(join(tmpdir(), 'trilog-generated-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const generators = [{ file: 'page.md', command: ['print.mjs'] }]

test('a generated file that is missing or differs is stale until it is written, and the check writes nothing', () => {
  writeFileSync(join(folder, 'print.mjs'), `process.stdout.write('one\\n')`)
  assert.equal(staleFindings(folder, generators).length, 1)
  writeGenerated(folder, generators)
  assert.deepEqual(staleFindings(folder, generators), [])
  writeFileSync(join(folder, 'print.mjs'), `process.stdout.write('two\\n')`)
  assert.match(staleFindings(folder, generators)[0]?.says ?? '', /npm run fix/)
  assert.equal(readFileSync(join(folder, 'page.md'), 'utf8'), 'one\n')
})

test('a program that fails is reported with its reason', () => {
  writeFileSync(join(folder, 'print.mjs'), `throw new Error('no settings')`)
  assert.throws(() => staleFindings(folder, generators), /no settings/)
})
