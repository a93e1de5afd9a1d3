import assert from 'node:assert/strict'
import { test } from 'node:test'
import { root } from '../scripts/root.mjs'
import { tidyFindings } from '../scripts/tidy/tidy.mjs'

test('the tree keeps to its own rules of order, size, names and words', () => {
  const findings = tidyFindings(root).map(({ path, says }) => `${path}: ${says}`)
  assert.equal(findings.join('\n'), '')
})
