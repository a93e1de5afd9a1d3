import type { LeaderEpoch, Offset } from '../record/offset.ts'

/** Which state of a group's log a snapshot holds: that of everything below `endOffset`, the last of it of `epoch`. */
export interface SnapshotId {
  readonly endOffset: Offset
  readonly epoch: LeaderEpoch
}
