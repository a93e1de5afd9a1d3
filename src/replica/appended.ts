import type { Offset, Timestamp } from '../record/offset.ts'

/** What an append gave. `whenStored` and `whenCommitted` of the replica wait for `lastOffset + 1`. */
export interface Appended {
  readonly baseOffset: Offset
  readonly lastOffset: Offset
  /** -1 where the producer's own timestamps stand. */
  readonly logAppendTime: Timestamp
  /** The producer's sequence was found stored already: nothing was appended, the offsets are the stored ones. */
  readonly duplicate: boolean
}
