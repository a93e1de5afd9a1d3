import type { LogSettings } from '../log/log-settings.ts'
import type { ValidatedBatches } from '../record/batch-validation.ts'
import type { LeaderEpoch, Offset } from '../record/offset.ts'
import type { CommitRefusal } from '../replication/commit/commit-policy.ts'
import type { Appended } from './appended.ts'
import type { AppendRefusal, LeadershipRefusal, ReadRefusal } from './refusal.ts'
import type { ReadAnswer, ReadRequest } from './reads.ts'

/** Told when more may be read of the partition, or when its leadership has changed. */
export type PartitionWatcher = (partition: ServedPartition) => void

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
  readonly log: { readonly logStartOffset: Offset; readonly logEndOffset: Offset }
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
  latest(options: { committedTransactionsOnly: boolean }): Offset | ReadRefusal
  watch(watcher: PartitionWatcher): void
  unwatch(watcher: PartitionWatcher): void
}
