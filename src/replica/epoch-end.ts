import type { Log } from '../log/log.ts'
import type { LeaderEpoch, Offset } from '../record/offset.ts'

export interface EpochEnd {
  readonly epoch: LeaderEpoch
  readonly endOffset: Offset
}

/** The end of the newest epoch that is not above `epoch`, in the log; -1, -1: the log knows of none (KIP-101). */
export function endOffsetFor(log: Log, epoch: LeaderEpoch): EpochEnd {
  return log.epochs.endOffsetFor(epoch, log.logEndOffset) ?? { epoch: -1, endOffset: -1 }
}
