import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const inUse = new Set<string>()

/** A new folder that is gone with `removeTemporaryFolder`, or else when the process ends by itself. */
export async function makeTemporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'trilog-'))
  // One handler for all: Node warns of many.
  if (inUse.size === 0) process.on('exit', removeAll)
  inUse.add(folder)
  return folder
}

export async function removeTemporaryFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  inUse.delete(folder)
  if (inUse.size === 0) process.off('exit', removeAll)
}

function removeAll(): void {
  for (const folder of inUse) rmSync(folder, { recursive: true, force: true })
}
