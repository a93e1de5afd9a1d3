import { open, readdir, readFile, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'

/** The segments of a partition's folder, the oldest first. */
async function segmentsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  const segments = names.filter((name) => name.endsWith('.log')).sort()
  return segments.map((name) => join(folder, name))
}

/** All that the partition's segments hold, one behind the other. */
export async function bytesIn(folder: string): Promise<Buffer> {
  const parts: Buffer[] = []
  for (const path of await segmentsIn(folder)) parts.push(await readFile(path).catch(() => Buffer.alloc(0)))
  return Buffer.concat(parts)
}

/** Flips a bit in the middle of the oldest segment. */
export async function flipBit(folder: string): Promise<void> {
  const [path] = await segmentsIn(folder)
  if (path === undefined) throw new Error(`${folder} has no segment`)
  const position = Math.floor((await stat(path)).size / 2)
  const file = await open(path, 'r+')
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, position)
  byte[0] = (byte[0] as number) ^ 0x10
  await file.write(byte, 0, 1, position)
  await file.close()
}

/** Takes some bytes off the newest segment that has any. */
export async function tearEnd(folder: string): Promise<void> {
  for (const path of (await segmentsIn(folder)).reverse()) {
    const { size } = await stat(path)
    if (size === 0) continue
    return truncate(path, size - 7)
  }
}
