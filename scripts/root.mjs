import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout. The compiled copy of this file in `dist/` finds the same folder, because `dist/` has no package.json. */
export const root = findRoot(dirname(fileURLToPath(import.meta.url)))

/**
 * @param {string} from
 * @returns {string}
 */
function findRoot(from) {
  if (existsSync(join(from, 'package.json'))) return from
  const parent = dirname(from)
  if (parent === from) throw new Error('no package.json above the scripts')
  return findRoot(parent)
}
