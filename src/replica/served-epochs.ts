import type { LeaderEpoch, Offset } from '../record/offset.ts'
import { type EpochEnd, endOffsetFor } from './epoch-end.ts'
import { GroupQueue } from './group-queue.ts'
import type { ServedPartition } from './served-partition.ts'

/** The end of the newest epoch that is not above `epoch`, in the partition; -1, -1: its log knows of none (KIP-101). */
export async function servedEndFor(served: ServedPartition, epoch: LeaderEpoch): Promise<EpochEnd> {
  return served instanceof GroupQueue ? await served.endOffsetFor(epoch) : endOffsetFor(served.group.log, epoch)
}

/** Epoch of what is at `offset` of the partition; -1: that is not known. */
export async function servedEpochAt(served: ServedPartition, offset: Offset): Promise<LeaderEpoch> {
  if (served instanceof GroupQueue) return await served.log.epochAt(offset)
  return served.group.log.epochs.epochAt(offset) ?? -1
}
