import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { anchorsOf, linkFindings } from './links.mjs'

const folder = mkdtempSync(join(tmpdir(), 'trilog-links-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function findingsOf(text: string): string {
  writeFileSync(join(folder, 'page.md'), text)
  writeFileSync(join(folder, 'other.md'), '# One log, one epoch\n')
  return linkFindings(folder, ['page.md'])
    .map(({ path, says }) => `${path} ${says}`)
    .join('\n')
}

test('a link to a file, a picture or a heading that is not there is reported with its line', () => {
  assert.match(findingsOf('# A\n\n[x](gone.md)\n'), /^page\.md:3 .*there is no gone\.md$/)
  assert.match(findingsOf('![x](gone.svg)\n'), /no gone\.svg/)
  assert.match(findingsOf('<img src="gone.svg">\n'), /no gone\.svg/)
  assert.match(findingsOf('[x](other.md#two-logs)\n'), /other\.md has no such heading/)
  assert.match(findingsOf('[x](#gone)\n'), /page\.md has no such heading/)
  assert.match(findingsOf('[x]: gone.md\n'), /no gone\.md/)
  assert.match(findingsOf('[x](../../above.md)\n'), /outside of the repository/)
})

test('links that hold, other sites and code are left alone', () => {
  assert.equal(findingsOf('# A\n[x](other.md#one-log-one-epoch) [y](#a) [z](https://example.org/gone)\n'), '')
  assert.equal(findingsOf('`[x](gone.md)`\n```\n[x](gone.md)\n```\n'), '')
})

test('anchors are those that GitHub gives, numbered when a heading comes twice', () => {
  assert.deepEqual([...anchorsOf('# A `b` & c\n## X\n## X\n')], ['a-b--c', 'x', 'x-1'])
})
