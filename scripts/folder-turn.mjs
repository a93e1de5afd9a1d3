import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const lookAgainMs = 100
const takeoverMaxMs = 10_000

/**
 * Runs `work` while no other process on this machine runs under the same lock file; waits for its turn. The file names its
 * holder by process id and start time, so a holder that died, or whose id was given to another program, holds nothing.
 * @param {string} path
 * @param {() => void | Promise<void>} work
 */
export async function withFolderTurn(path, work) {
  for (let waited = false; !take(path); waited = true) {
    if (!waited) console.error('trilog: waiting for another process that installs or builds here')
    await sleep(lookAgainMs)
  }
  const giveBack = () => rmSync(path, { force: true })
  process.once('exit', giveBack)
  try {
    await work()
  } finally {
    process.off('exit', giveBack)
    giveBack()
  }
}

/**
 * @param {string} path
 * @returns {boolean} Whether the lock is this process's now.
 */
function take(path) {
  if (create(path, ownName())) return true
  const holder = read(path)
  if (holder !== null && isAlive(holder)) return false
  // Two that find the same dead holder must not both remove: the slower one would remove the faster one's new lock.
  const takeover = `${path}.takeover`
  if (!create(takeover, ownName())) {
    if (ageMs(takeover) > takeoverMaxMs) rmSync(takeover, { force: true })
    return false
  }
  try {
    const now = read(path)
    if (now !== null && !isAlive(now)) rmSync(path, { force: true })
  } finally {
    rmSync(takeover, { force: true })
  }
  return create(path, ownName())
}

/**
 * @param {string} path
 * @param {string} text
 */
function create(path, text) {
  try {
    const file = openSync(path, 'wx')
    writeSync(file, text)
    closeSync(file)
    return true
  } catch (fault) {
    if (/** @type {NodeJS.ErrnoException} */ (fault).code === 'EEXIST') return false
    throw fault
  }
}

/** @param {string} path */
function read(path) {
  try {
    const text = readFileSync(path, 'utf8')
    // Empty: the holder is between making the file and writing its name, unless it died there.
    return text === '' && ageMs(path) < takeoverMaxMs ? ownName() : text
  } catch {
    return null
  }
}

/** @param {string} path */
function ageMs(path) {
  try {
    return Date.now() - statSync(path).mtimeMs
  } catch {
    return 0
  }
}

function ownName() {
  return `${process.pid} ${startOf(process.pid)}`
}

/** @param {string} name */
function isAlive(name) {
  const pid = Number(name.split(' ')[0])
  return Number.isInteger(pid) && pid > 0 && name === `${pid} ${startOf(pid)}`
}

/**
 * When a process started, in whatever form the system gives; empty when there is none.
 * @param {number} pid
 */
function startOf(pid) {
  if (process.platform === 'linux') {
    try {
      // The second field is the program's name in brackets and may hold anything: the rest is counted from its end.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return state === 'Z' ? '' : (rest[18] ?? '')
    } catch {
      return ''
    }
  }
  return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()
}
