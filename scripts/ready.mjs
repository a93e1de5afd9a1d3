import { join } from 'node:path'
import { build, isBuilt } from './build-dist.mjs'
import { withFolderTurn } from './folder-turn.mjs'
import { install, isInstalled } from './install.mjs'
import { root } from './root.mjs'

/** Installs and builds what is missing or stale. Several processes may call it at once: one works, the others wait. */
export async function makeReady() {
  if (isInstalled(root) && isBuilt(root)) return
  await withFolderTurn(join(root, '.ensure.lock'), () => {
    // Asked again: another process may have done the work while this one waited for its turn.
    if (!isInstalled(root)) install(root)
    if (!isBuilt(root)) build(root)
  })
}

/** Installs if need be and builds whatever the stamp says. */
export async function rebuild() {
  await withFolderTurn(join(root, '.ensure.lock'), () => {
    if (!isInstalled(root)) install(root)
    build(root)
  })
}
