import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deadFileFindings } from './dead-files.mjs'
import { importFindings } from './imports.mjs'
import { nameFindings } from './names.mjs'
import { sizeFindings } from './size.mjs'
import { readTree } from './tree.mjs'
import { wordFindings } from './words.mjs'

/**
 * Everything that the fences find in a checkout.
 * @param {string} root
 * @returns {import('./tree.mjs').Finding[]}
 */
export function tidyFindings(root) {
  const files = readTree(root)
  const ratchet = JSON.parse(readFileSync(join(root, 'scripts/tidy/ratchet.json'), 'utf8'))
  return [
    ...importFindings(files),
    ...sizeFindings(files, ratchet),
    ...nameFindings(files),
    ...wordFindings(files),
    ...deadFileFindings(files),
  ]
}
