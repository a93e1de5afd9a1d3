import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {{ version?: string, dev?: boolean, optional?: boolean, os?: string[], cpu?: string[], libc?: string[],
 *   optionalDependencies?: Record<string, string> }} LockEntry
 */

const systems = ['darwin', 'linux', 'win32', 'android', 'freebsd', 'openharmony']
const processors = ['x64', 'arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x']

/**
 * Adds entries for optional packages that a lock's packages ask for and that it lacks: npm leaves the binaries of other
 * systems out when its registry, or node_modules, does not have them, and `npm ci` on such a system then fails. What npm
 * needs of an entry is in the package's name; the checksum is not, so npm takes the registry's word for these.
 * @param {string} root
 * @returns {string[]} Names of what was added.
 */
export function addMissingPlatforms(root) {
  const path = join(root, 'package-lock.json')
  const lock = JSON.parse(readFileSync(path, 'utf8'))
  const added = missingPlatforms(lock.packages)
  if (added.length === 0) return []
  const all = {
    ...lock.packages,
    ...Object.fromEntries(added.map(({ name, entry }) => [`node_modules/${name}`, entry])),
  }
  const sorted = Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1))
  writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`)
  return added.map(({ name }) => name)
}

/**
 * @param {Record<string, LockEntry>} packages
 * @returns {{ name: string, entry: LockEntry }[]}
 */
export function missingPlatforms(packages) {
  const present = new Set(Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13)))
  return Object.values(packages).flatMap(({ dev, optionalDependencies = {} }) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !present.has(name))
      .map(([name, version]) => ({ name, entry: entryOf(name, version, dev === true) })),
  )
}

/**
 * @param {string} name As `@scope/binding-linux-x64-musl`.
 * @param {string} version
 * @param {boolean} dev
 * @returns {LockEntry}
 */
function entryOf(name, version, dev) {
  const words = name.split(/[/-]/)
  const os = words.filter((word) => systems.includes(word))
  const cpu = words.flatMap((word) => (word.startsWith('armv') ? ['arm'] : processors.includes(word) ? [word] : []))
  const libc = os[0] !== 'linux' ? [] : name.includes('musl') ? ['musl'] : name.includes('gnu') ? ['glibc'] : []
  return {
    version,
    ...(cpu.length === 0 ? {} : { cpu }),
    ...(dev ? { dev } : {}),
    ...(libc.length === 0 ? {} : { libc }),
    optional: true,
    ...(os.length === 0 ? {} : { os }),
  }
}
