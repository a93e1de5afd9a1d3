import { queueStartsBatch } from '../log/queues/queue-starts.ts'
import type { LeaderEpoch, Offset, Timestamp } from '../record/offset.ts'
import { ownBatch } from './own-batch.ts'
import type { Replica } from './replica.ts'

/** Up to where leaders have told ends of queues, in the epoch in which they did. */
const told = new WeakMap<Replica, { readonly epoch: LeaderEpoch; readonly upTo: Offset }>()

/** Moves the beginning of a replica's log past what its retention has no use for. Whether it has moved. */
export function expireLog(replica: Replica, nowMs: Timestamp): Promise<boolean> {
  const { log, highWatermark } = replica
  return log.queues === null ? log.expire(highWatermark) : expireGroup(replica, nowMs)
}

/**
 * Moves the beginning of a commit log past what its retention has no use for. By its leader alone: followers hear of it with
 * their fetches. Before that an entry of the log tells the ends of queues that have nothing above, and is committed: a replica
 * that begins anew at the new beginning would give their offsets out again. That is not waited for: a later look finds it
 * committed. Whether the beginning has moved.
 */
async function expireGroup(replica: Replica, nowMs: Timestamp): Promise<boolean> {
  const { log, epoch } = replica
  if (!replica.leads || log.queues === null || !isEpochCommitted(replica)) return false
  const end = await log.endOfExpired(replica.highWatermark)
  if (!replica.leads || replica.epoch !== epoch || end === null || end <= log.logStartOffset) return false
  const untold = log.queues.untoldFrom(end).map(({ topicId, partition, endOffset }) => {
    return { topicId, partition, startOffset: endOffset, endOffset }
  })
  if (untold.length > 0) {
    const appended = replica.append(ownBatch(queueStartsBatch(untold, nowMs), nowMs), { allInSync: true })
    if (!('code' in appended)) told.set(replica, { epoch, upTo: appended.upTo })
    return false
  }
  const last = told.get(replica)
  if (last?.epoch === epoch && last.upTo > replica.highWatermark) return false
  log.moveLogStart(end)
  return true
}

/** What earlier leaders have told is committed then as well. */
function isEpochCommitted({ log, highWatermark }: Replica): boolean {
  const opened = log.epochs.entries.at(-1)?.startOffset
  return opened !== undefined && highWatermark > opened
}
