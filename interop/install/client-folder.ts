import { join } from 'node:path'
import { packageRoot } from '../package-root.ts'

/** Where the program of a client is, in the checkout. */
export function clientFolder(name: string): string {
  return join(packageRoot, 'interop', 'clients', name)
}
