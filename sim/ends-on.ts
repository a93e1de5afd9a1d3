import { crcHolds } from '../src/record/batch-crc.ts'
import { batchesIn } from '../src/record/record-reader.ts'
import type { SimDiskImage } from '../src/runtime/sim/sim-disk-image.ts'

/** By partition, the offset behind the last batch in its newest segment. */
export function endsOn(disk: SimDiskImage): Record<string, number> {
  const ends: Record<string, number> = {}
  const root = disk.names.find('/data')
  if (root?.kind !== 'directory') return ends
  for (const [folder, entry] of root.entries) {
    const partition = /^(.+)-(\d+)$/.exec(folder)
    if (entry.kind !== 'directory' || partition === null) continue
    const newest = [...entry.entries.keys()]
      .filter((name) => name.endsWith('.log'))
      .sort()
      .at(-1)
    if (newest === undefined) continue
    let end = Number(newest.slice(0, -'.log'.length))
    const bytes = Buffer.from(disk.peek(`/data/${folder}/${newest}`))
    for (const batch of batchesIn(bytes)) if (crcHolds(bytes, batch.at)) end = batch.nextOffset
    ends[`${partition[1]}/${partition[2]}`] = end
  }
  return ends
}
