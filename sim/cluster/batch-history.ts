import type { Replica } from '../../src/replica/replica.ts'
import { entriesIn } from '../../src/log/entries-in.ts'

/** A batch that a replica was seen to have. */
export interface SeenBatch {
  readonly base: number
  readonly next: number
  readonly epoch: number
  /** Of clients: 0 in a control batch. */
  readonly records: number
  readonly crc: number
}

/** The batches in the bytes. */
export function seenIn(bytes: Buffer): SeenBatch[] {
  return [...entriesIn(bytes)].map(({ entry: { baseOffset, nextOffset, partitionLeaderEpoch }, batch }) => {
    const { isControl, recordCount, crc } = batch
    return {
      base: baseOffset,
      next: nextOffset,
      epoch: partitionLeaderEpoch,
      records: isControl ? 0 : recordCount,
      crc,
    }
  })
}

/**
 * The batches of a replica from `from` on, as they lie in memory: all that its process has appended. Null: some of them are
 * on the disk only, and cannot be seen at once.
 */
export function batchesOf({ log }: Replica, from: number): SeenBatch[] | null {
  const seen: SeenBatch[] = []
  for (let at = Math.max(from, log.logStartOffset); at < log.logEndOffset; ) {
    const slice = log.read({ from: at, upTo: log.logEndOffset, maxBytes: 1 << 20, minOneBatch: true })
    if (slice instanceof Promise) {
      void slice.then((late) => late.release()).catch(() => {})
      return null
    }
    seen.push(...seenIn(Buffer.concat(slice.buffers)))
    at = slice.nextOffset
    slice.release()
  }
  return seen
}
