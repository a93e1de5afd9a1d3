import { crc32c } from '../codec/crc32c.ts'
import { batchSizeOf, crcCoversFrom, crcOf, writeCrc } from './batch-header.ts'

/** Whether the whole batch at `at`, all of whose bytes must be there, has the CRC that its header says. */
export function crcHolds(bytes: Buffer, at: number): boolean {
  return crc32c(bytes, at + crcCoversFrom, at + batchSizeOf(bytes, at)) === crcOf(bytes, at)
}

/** Makes the CRC of the whole batch at `at` and writes it into its header. */
export function sealBatch(bytes: Buffer, at: number): void {
  writeCrc(bytes, at, crc32c(bytes, at + crcCoversFrom, at + batchSizeOf(bytes, at)))
}
