import type { Log } from '../log/log.ts'
import { LogAppendFault } from '../log/log-faults.ts'
import type { ValidatedBatches } from '../record/batch-validation.ts'
import type { LeaderEpoch, Offset, Timestamp } from '../record/offset.ts'
import type { AppendRefusal } from './refusal.ts'

/** What an append gave. `whenStored` and `whenCommitted` of the replica wait for `lastOffset + 1`. */
export interface Appended {
  readonly baseOffset: Offset
  readonly lastOffset: Offset
  /** -1 where the producer's own timestamps stand. */
  readonly logAppendTime: Timestamp
  /** The producer's sequence was found stored already: nothing was appended, the offsets are the stored ones. */
  readonly duplicate: boolean
}

/** Appends the batches in a leader's epoch, unless their producer's sequence says otherwise. */
export function appendOnce(log: Log, batches: ValidatedBatches, epoch: LeaderEpoch): Appended | AppendRefusal {
  const check = log.producers.check(batches.first)
  if (check.outcome === 'refused') return { code: check.code }
  if (check.outcome === 'duplicate') {
    const { baseOffset, lastOffset, timestamp: logAppendTime } = check
    return { baseOffset, lastOffset, logAppendTime, duplicate: true }
  }
  try {
    return { ...log.append(batches, epoch), duplicate: false }
  } catch (error) {
    // The disk has failed or is far behind: nothing was appended.
    if (error instanceof LogAppendFault) return { code: 'storage-error' }
    throw error
  }
}
