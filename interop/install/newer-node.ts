import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { failureOf } from '../child.ts'
import { clientFolder } from './client-folder.ts'

// The oldest line that the clients which need a newer Node than Trilog run on.
const line = 22
const folder = clientFolder('node22')
const packageName = `node-${process.platform}-${process.arch}`
const own = Number(process.versions.node.split('.')[0]) >= line

/** A Node of line 22 or newer: this one, or npm's package of it in a folder of its own. */
export const newerNode = own ? process.execPath : join(folder, 'node_modules', packageName, 'bin', 'node')

/** Null when it is there, else why not. */
export async function installNewerNode(): Promise<string | null> {
  if (existsSync(newerNode)) return null
  await mkdir(folder, { recursive: true })
  const args = ['install', '--silent', '--no-save', '--prefix', folder, `${packageName}@${line}`]
  return failureOf('npm', args, { timeoutMs: 300_000, cwd: folder })
}
