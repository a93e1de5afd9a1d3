import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { failureOf } from '../child.ts'
import { clientFolder } from './client-folder.ts'
import { newer } from './newer.ts'
import { missingPrograms } from './system-package.ts'

// The first build compiles the client's whole module.
const buildMs = 600_000
const folder = clientFolder('go')

/** The program that is built from a folder of the Go clients' module. */
export function goBinary(name: string): string {
  return join(folder, 'bin', name)
}

/** Builds it when a source is newer; null when it is there, else why not. */
export async function installGo(name: string): Promise<string | null> {
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.(go|mod|sum)$/.test(path),
  )
  if (newer(goBinary(name), ...sources.map((path) => join(folder, path)))) return null
  const missing = await missingPrograms('go')
  if (missing !== null) return missing
  // A checkout below another repository, or without one, has nothing to stamp the binary with.
  const args = ['build', '-buildvcs=false', '-o', goBinary(name), `./${name}`]
  return failureOf('go', args, { timeoutMs: buildMs, cwd: folder })
}
