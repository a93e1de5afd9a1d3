import type { SimDiskImage } from '../src/runtime/sim/sim-disk-image.ts'

/** By partition, the lowest offset that the broker's receipts say may have been lost. */
export function receiptsOn(disk: SimDiskImage): Map<string, number> {
  const lowest = new Map<string, number>()
  const path = '/data/trilog-receipts.json'
  if (disk.names.find(path) === null) return lowest
  const receipts = JSON.parse(Buffer.from(disk.peek(path)).toString()) as {
    topic: string
    partition: number
    from: number
  }[]
  for (const { topic, partition, from } of receipts) {
    const key = `${topic}/${partition}`
    lowest.set(key, Math.min(lowest.get(key) ?? Number.POSITIVE_INFINITY, from))
  }
  return lowest
}
