import type { Log } from '../log/log.ts'
import { LogAppendFault } from '../log/log-faults.ts'
import type { LogSettings } from '../log/log-settings.ts'
import type { LogQueue } from '../log/queues/log-queue.ts'
import type { ValidatedBatches } from '../record/batch-validation.ts'
import type { LeaderEpoch } from '../record/offset.ts'
import type { Appended } from './appended.ts'
import type { AppendRefusal } from './refusal.ts'

/** Where in a commit log batches are to go. */
export interface ToQueue {
  readonly queue: LogQueue
  readonly timestampType: LogSettings['timestampType']
}

/** Judges the producer's sequence and puts the batches behind the log's end, in a leader's epoch. `to` null: a partition's log. */
export function placeBatches(
  log: Log,
  batches: ValidatedBatches,
  { epoch, to }: { epoch: LeaderEpoch; to: ToQueue | null },
): Appended | AppendRefusal {
  const { producers } = to?.queue ?? log
  const check = producers.check(batches.first)
  if (check.outcome === 'refused') return { code: check.code }
  if (check.outcome === 'duplicate') {
    const { baseOffset, lastOffset, timestamp: logAppendTime } = check
    // In a queue it is not known where in the group the stored batch is, but that it is below this.
    return { baseOffset, lastOffset, upTo: to?.queue.toldUpTo ?? lastOffset + 1, logAppendTime, duplicate: true }
  }
  try {
    return to === null ? inPartition(log, batches, epoch) : inQueue(log, batches, { epoch, ...to })
  } catch (error) {
    // The disk has failed or is far behind: nothing was appended.
    if (error instanceof LogAppendFault) return { code: 'storage-error' }
    throw error
  }
}

function inPartition(log: Log, batches: ValidatedBatches, epoch: LeaderEpoch): Appended {
  const appended = log.append(batches, epoch)
  return { ...appended, upTo: appended.lastOffset + 1, duplicate: false }
}

function inQueue(log: Log, batches: ValidatedBatches, how: ToQueue & { epoch: LeaderEpoch }): Appended {
  const { queue } = how
  const baseOffset = queue.endOffset
  const { lastOffset, logAppendTime } = log.appendTo(queue, batches, how)
  return { baseOffset, lastOffset: queue.endOffset - 1, upTo: lastOffset + 1, logAppendTime, duplicate: false }
}
