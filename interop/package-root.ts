import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout: what is not TypeScript (client programs, reference scripts) stays in the source tree. */
export const packageRoot = findRoot(dirname(fileURLToPath(import.meta.url)))

/** The compiled `trilog` program that belongs to this compiled file. */
export const trilogMain = fileURLToPath(new URL('../src/cli/main.js', import.meta.url))

/** The compiled tree may hold a copy of package.json; the lock file is in the checkout only. */
function findRoot(from: string): string {
  if (existsSync(join(from, 'package-lock.json'))) return from
  const parent = dirname(from)
  if (parent === from) throw new Error('no checkout above the compiled files')
  return findRoot(parent)
}
