// oxlint-disable-next-line no-restricted-imports -- read by tests only, which look at the page as it is in the checkout
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TransitionTable } from './transition-table.ts'

/** The checkout that this was built from: pages and stories are not copied into what is built. */
export function checkout(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package-lock.json'))) folder = dirname(folder)
  return folder
}

/** The table of `docs/consumer-groups.md`. */
export function documentedTransitions(): TransitionTable {
  return TransitionTable.read(readFileSync(join(checkout(), 'docs/consumer-groups.md'), 'utf8'))
}
