import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { basename } from 'node:path/posix'

// Inside node_modules, so that whatever removes the folder (`npm ci` does so first) removes the stamp as well.
const stampPath = 'node_modules/.made-from'

/**
 * Whether `node_modules/` was made from the present `package-lock.json`, for this system and this Node.
 * @param {string} root
 */
export function isInstalled(root) {
  return readIfThere(join(root, stampPath)) === stampOf(root)
}

/**
 * Runs `npm ci`; throws a sentence when that fails. The stamp is written last: an interrupted install is done again.
 * @param {string} root
 */
export function install(root) {
  console.error('trilog: installing dependencies (npm ci)')
  const [command, ...before] = npmCommand(process.env['npm_execpath'])
  const run = spawnSync(command, [...before, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    // npm's own words go to stderr: stdout belongs to the program that comes after.
    stdio: ['ignore', 2, 2],
  })
  if (run.error) throw new Error(`npm could not be started: ${run.error.message}`)
  if (run.status !== 0)
    throw new Error(`npm ci failed (${run.signal ?? `exit ${run.status}`}); its reason stands above.`)
  markInstalled(root)
}

/**
 * Declares `node_modules/` to be what the lock file asks for, and links the `trilog` program into it.
 * @param {string} root
 */
export function markInstalled(root) {
  // npm links the programs of dependencies, not the package's own: this is what `npx --no-install trilog` runs.
  const link = join(root, 'node_modules/.bin/trilog')
  mkdirSync(join(root, 'node_modules/.bin'), { recursive: true })
  rmSync(link, { force: true })
  symlinkSync('../../dist/src/cli/main.js', link)
  writeFileSync(join(root, stampPath), stampOf(root))
}

/**
 * npm as this process was started by, so that version managers and wrappers stay out of it; else the one on the PATH.
 * @param {string | undefined} execPath
 * @returns {[string, ...string[]]}
 */
export function npmCommand(execPath) {
  return execPath !== undefined && basename(execPath) === 'npm-cli.js' ? [process.execPath, execPath] : ['npm']
}

/** @param {string} root */
function stampOf(root) {
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  return `${lock} ${process.platform}-${process.arch} abi-${process.versions.modules}\n`
}

/** @param {string} path */
function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
