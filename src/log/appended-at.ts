import type { Offset, Timestamp } from '../record/offset.ts'

/** Where appended batches went. */
export interface AppendedAt {
  readonly baseOffset: Offset
  readonly lastOffset: Offset
  /** The broker's time that was stamped on the batches; -1 where the producer's timestamps stand. */
  readonly logAppendTime: Timestamp
}
