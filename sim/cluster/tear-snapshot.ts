import type { Disk } from '../../src/runtime/disk.ts'
import type { SimRandom } from '../../src/runtime/sim/sim-random.ts'

const metadataFolder = '__cluster_metadata-0'

/**
 * Cuts the newest snapshot of the image short, or changes a byte of it, as a disk may do to a file that nobody looks at. Only where
 * an older one is there too: a disk that loses both has lost its copy, which is another fault. Resolves with whether it did.
 */
export async function tearSnapshot(disk: Disk, dataDirectory: string, random: SimRandom): Promise<boolean> {
  const folder = `${dataDirectory}/${metadataFolder}`
  if (!(await disk.exists(folder))) return false
  const names = (await disk.list(folder)).map(({ name }) => name).filter((name) => name.endsWith('.checkpoint'))
  const newest = names.sort().at(-1)
  if (newest === undefined || names.length < 2) return false
  const file = await disk.open(`${folder}/${newest}`, 'write')
  const at = random.integer(await file.size())
  if (random.chance(0.5)) await file.truncate(at)
  else {
    const byte = new Uint8Array(1)
    await file.read(byte, at)
    await file.write([Uint8Array.of((byte[0] as number) ^ 0xff)], at)
  }
  await file.sync()
  await file.close()
  return true
}
