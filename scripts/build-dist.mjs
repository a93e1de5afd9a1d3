import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const sourceFolders = ['src', 'sim', 'bench', 'hostile', 'interop', 'scripts']
const buildInputs = ['package.json', 'package-lock.json', 'tsconfig.json']
const skippedFolders = new Set(['node_modules', 'reference', 'clients', 'target'])
const stampName = '.made-from'
const mainPath = 'src/cli/main.js'

/**
 * Whether `dist/` was built from the sources as they are now. Contents are compared, not times: a checkout changes times.
 * @param {string} root
 */
export function isBuilt(root) {
  const stamp = join(root, 'dist', stampName)
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === sourceHash(root)
}

/**
 * Compiles into `dist.next/` and puts that in the place of `dist/`: nothing of an older build stays, and a build that
 * fails or is interrupted leaves the old one whole. Throws a sentence when it fails.
 * @param {string} root
 */
export function build(root) {
  console.error('trilog: building dist/')
  const next = join(root, 'dist.next')
  rmSync(next, { recursive: true, force: true })
  // Before the compiler reads: what changes during the build makes the next one stale, not this one wrongly fresh.
  const stamp = sourceHash(root)
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const run = spawnSync(process.execPath, [tsc, '-p', root, '--outDir', next], { cwd: root, stdio: ['ignore', 2, 2] })
  if (run.status !== 0) {
    rmSync(next, { recursive: true, force: true })
    throw new Error('the build failed; the compiler says why above.')
  }
  if (existsSync(join(next, mainPath))) chmodSync(join(next, mainPath), 0o755)
  writeFileSync(join(next, stampName), stamp)
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  renameSync(next, join(root, 'dist'))
}

/**
 * A hash over the names and contents of everything that the compiler reads from the checkout.
 * @param {string} root
 */
function sourceHash(root) {
  const hash = createHash('sha256')
  const files = sourceFolders.flatMap((folder) => sourcesBelow(root, folder))
  for (const file of [...buildInputs, ...files]) {
    const path = join(root, file)
    if (existsSync(path)) hash.update(file).update('\0').update(readFileSync(path)).update('\0')
  }
  return `${hash.digest('hex')}\n`
}

/**
 * @param {string} root
 * @param {string} folder
 * @returns {string[]} Paths from the root, sorted.
 */
function sourcesBelow(root, folder) {
  if (!existsSync(join(root, folder))) return []
  const entries = readdirSync(join(root, folder), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return skippedFolders.has(entry.name) ? [] : sourcesBelow(root, path)
    return /\.(ts|mjs)$/.test(entry.name) ? [path] : []
  })
}
