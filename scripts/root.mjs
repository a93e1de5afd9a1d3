import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout. The compiled copy of this file finds the same folder: it looks for the package by its name. */
export const root = findRoot(dirname(fileURLToPath(import.meta.url)))

/**
 * @param {string} from
 * @returns {string}
 */
function findRoot(from) {
  const file = join(from, 'package.json')
  if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === 'trilog') return from
  const parent = dirname(from)
  if (parent === from) throw new Error('no package.json above the scripts')
  return findRoot(parent)
}
