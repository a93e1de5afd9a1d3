import type { SequenceRefusalCode } from '../log/producer-state.ts'
import type { LeaderEpoch, Offset } from '../record/offset.ts'
import type { CommitRefusal } from '../replication/commit/commit-policy.ts'
import type { BrokerId } from '../replication/replica-id.ts'

/** This replica does not lead, or the caller's idea of the leadership is older or newer than its own. */
export type LeadershipRefusal =
  | { code: 'not-leader'; leader: BrokerId | null; epoch: LeaderEpoch }
  | { code: 'fenced-leader-epoch' }
  | { code: 'unknown-leader-epoch' }

/** The disk failed or holds damaged bytes here; nothing more is taken until that is repaired. */
export type StorageRefusal = { code: 'storage-error' }

/** The producer's sequence or epoch does not go with what is stored. */
export type SequenceRefusal = { code: SequenceRefusalCode }

export type AppendRefusal = LeadershipRefusal | CommitRefusal | StorageRefusal | SequenceRefusal

export type ReadRefusal =
  | LeadershipRefusal
  | StorageRefusal
  | { code: 'offset-out-of-range'; logStartOffset: Offset; highWatermark: Offset }
  | { code: 'offset-not-available' }
