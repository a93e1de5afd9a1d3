import type { Offset, Timestamp } from '../record/offset.ts'

/** What an append gave. Offsets are those that consumers see. */
export interface Appended {
  readonly baseOffset: Offset
  readonly lastOffset: Offset
  /** What `whenStored` and `whenCommitted` of the replica wait for. */
  readonly upTo: Offset
  /** -1 where the producer's own timestamps stand. */
  readonly logAppendTime: Timestamp
  /** The producer's sequence was found stored already: nothing was appended, the offsets are the stored ones. */
  readonly duplicate: boolean
}
