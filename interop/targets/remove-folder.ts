import { rm } from 'node:fs/promises'

/** Removes a broker's folder, or names it when the environment asks to keep it (`INTEROP_KEEP=1`), for its logs. */
export async function removeFolder(folder: string): Promise<void> {
  if (process.env['INTEROP_KEEP'] === undefined) await rm(folder, { recursive: true, force: true })
  else process.stderr.write(`kept ${folder}\n`)
}
