import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { failureOf, failureText } from '../child.ts'
import { newer } from './newer.ts'
import { installNpmFolder } from './npm-folder.ts'
import { missingPrograms } from './system-package.ts'

const buildMs = 1_200_000

/**
 * Installs what a folder's lock file names and compiles its one native package, which has no binary on npm, against the
 * system's libraries and the headers that came with this Node. Null when it is there, else why not.
 */
export async function installNativeNpmFolder(folder: string, packageName: string): Promise<string | null> {
  const built = join(folder, 'node_modules', 'built')
  if (newer(built, join(folder, 'package-lock.json'))) return null
  const node = dirname(dirname(process.execPath))
  if (!existsSync(join(node, 'include', 'node', 'node.h'))) return `no headers of this Node in ${join(node, 'include')}`
  const missing = await missingPrograms('g++', 'make', 'python3', 'pkg-config', 'libssl', 'libsasl2', 'zlib', 'libzstd')
  if (missing !== null) return missing
  rmSync(join(folder, 'node_modules'), { recursive: true, force: true })
  const failure = await installNpmFolder(folder).then(() => null, failureText)
  if (failure !== null) return failure
  const env = { CKJS_LINKING: 'dynamic', npm_config_nodedir: node, npm_config_build_from_source: 'true' }
  const why = await failureOf('npm', ['rebuild', packageName], { timeoutMs: buildMs, cwd: folder, env })
  if (why === null) writeFileSync(built, '')
  return why
}
