import type { LogSettings } from '../log/log-settings.ts'
import type { ValidatedBatches } from '../record/batch-validation.ts'
import type { ProducerState } from '../log/producer-state.ts'
import type { TimestampedOffset } from '../log/timestamp-search.ts'
import type { LeaderEpoch, Offset, Timestamp } from '../record/offset.ts'
import type { CommitRefusal, ReplicaCopy } from '../replication/commit/commit-policy.ts'
import type { Appended } from './appended.ts'
import type { AppendRefusal, LeadershipRefusal, ReadRefusal } from './refusal.ts'
import type { ReadableLog, ReadAnswer, ReadRequest } from './reads.ts'
import type { Replica } from './replica.ts'

/** Told when more may be read of the partition, or when its leadership has changed. */
export type PartitionWatcher = (partition: ServedPartition) => void

/** The log of a partition, or a queue of a commit log, as clients ask for its records. */
export interface ServedLog extends ReadableLog {
  readonly producers: ProducerState
  /** The first record with a timestamp at or above `at`; null: none below `upTo`. */
  offsetForTimestamp(at: Timestamp, upTo: Offset): Promise<TimestampedOffset | null>
  /** The (first) record with the largest timestamp of all; null: there is none, or it is not below `upTo`. */
  offsetOfMaxTimestamp(upTo: Offset): Promise<TimestampedOffset | null>
}

/**
 * What clients produce to and fetch from on one broker: a replica with a log of its own, or a queue of a replica's commit log.
 * Offsets are those of clients, but for what `whenStored` and `whenCommitted` wait for, which an append has said.
 */
export interface ServedPartition {
  readonly topic: string
  readonly partition: number
  readonly leads: boolean
  readonly epoch: LeaderEpoch
  readonly highWatermark: Offset
  readonly log: ServedLog
  /** The replica whose log it is in. */
  readonly group: Replica
  admits(): CommitRefusal | null
  append(
    batches: ValidatedBatches,
    options: { allInSync: boolean; timestampType: LogSettings['timestampType'] },
  ): Appended | AppendRefusal
  whenStored(upTo: Offset): Promise<AppendRefusal | null>
  whenCommitted(upTo: Offset): Promise<AppendRefusal | null>
  whenProven(): Promise<AppendRefusal | null>
  checkEpoch(callers: LeaderEpoch): LeadershipRefusal | null
  read(request: ReadRequest): ReadAnswer | ReadRefusal
  /** As leader: who else has everything below `from` and may be read at. */
  copiesFrom(from: Offset): readonly ReplicaCopy[]
  latest(options: { committedTransactionsOnly: boolean }): Offset | ReadRefusal
  watch(watcher: PartitionWatcher): void
  unwatch(watcher: PartitionWatcher): void
}
