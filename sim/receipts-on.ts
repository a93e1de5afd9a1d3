import type { Receipt } from '../src/receipt/receipt.ts'
import { parseReceipts, receiptsFileName } from '../src/receipt/receipts-file.ts'
import type { SimDiskImage } from '../src/runtime/sim/sim-disk-image.ts'

const path = `/data/${receiptsFileName}`

/** The receipts that a start would find, oldest first. */
export function receiptsIn(disk: SimDiskImage): Receipt[] {
  return disk.names.find(path) === null ? [] : parseReceipts(Buffer.from(disk.peek(path)).toString(), path)
}

/** By partition, the lowest offset that the broker's receipts say may have been lost. */
export function receiptsOn(disk: SimDiskImage): Map<string, number> {
  const lowest = new Map<string, number>()
  for (const { topic, partition, from } of receiptsIn(disk)) {
    const key = `${topic}/${partition}`
    lowest.set(key, Math.min(lowest.get(key) ?? Number.POSITIVE_INFINITY, from))
  }
  return lowest
}
