import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout: what is not TypeScript (client programs, reference scripts) stays in the source tree. */
export const packageRoot = findRoot(dirname(fileURLToPath(import.meta.url)))

/** The compiled `trilog` program that belongs to this compiled file. */
export const trilogMain = fileURLToPath(new URL('../src/cli/main.js', import.meta.url))

function findRoot(from: string): string {
  const file = join(from, 'package.json')
  if (existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as { name?: string }).name === 'trilog') return from
  const parent = dirname(from)
  if (parent === from) throw new Error('no package.json of trilog above the compiled files')
  return findRoot(parent)
}
