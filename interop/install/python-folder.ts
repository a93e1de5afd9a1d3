import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { failureOf } from '../child.ts'
import { newer } from './newer.ts'
import { missingPrograms } from './system-package.ts'

/** The Python of a client's own virtual environment. */
export function pythonOf(folder: string): string {
  return join(folder, '.venv', 'bin', 'python')
}

/** Makes a virtual environment with what the folder's requirements.txt names; null when it is there, else why not. */
export async function installPython(folder: string): Promise<string | null> {
  const marker = join(folder, '.venv', 'installed')
  if (newer(marker, join(folder, 'requirements.txt'))) return null
  const options = { timeoutMs: 300_000, cwd: folder }
  const install = ['-m', 'pip', 'install', '--quiet', '--requirement', 'requirements.txt']
  const failure =
    (await missingPrograms('python3')) ??
    (await failureOf('python3', ['-m', 'venv', '.venv'], options)) ??
    (await failureOf(pythonOf(folder), install, options))
  if (failure === null) writeFileSync(marker, '')
  return failure
}
