import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { runOrThrow } from '../child.ts'

/** Installs what a folder's own lock file names, without scripts, unless that is there already. */
export async function installNpmFolder(folder: string): Promise<void> {
  const made = join(folder, 'node_modules', '.package-lock.json')
  const lock = join(folder, 'package-lock.json')
  if (existsSync(made) && statSync(made).mtimeMs >= statSync(lock).mtimeMs) return
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
  await runOrThrow('npm', args, { timeoutMs: 300_000, cwd: folder })
}
