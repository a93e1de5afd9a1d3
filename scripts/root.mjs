import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout: the nearest folder above with a lock file. The compiled copy of this file in `dist/` finds the same one. */
export const root = findRoot(dirname(fileURLToPath(import.meta.url)))

/**
 * @param {string} from
 * @returns {string}
 */
function findRoot(from) {
  if (existsSync(join(from, 'package-lock.json'))) return from
  const parent = dirname(from)
  if (parent === from) throw new Error('no package-lock.json above the scripts')
  return findRoot(parent)
}
