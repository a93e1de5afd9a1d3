import { queueStartsBatch } from '../log/queues/queue-starts.ts'
import type { Timestamp } from '../record/offset.ts'
import { ownBatch } from './own-batch.ts'
import type { Replica } from './replica.ts'

/** Moves the beginning of a replica's log past what its retention has no use for. Whether it has moved. */
export function expireLog(replica: Replica, nowMs: Timestamp): Promise<boolean> {
  const { log, highWatermark } = replica
  return log.queues === null ? log.expire(highWatermark) : expireGroup(replica, nowMs)
}

/**
 * Moves the beginning of a commit log past what its retention has no use for. By its leader alone: followers hear of it with
 * their fetches. Before that a committed entry above has to tell the end of each queue: a replica that begins anew at the new
 * beginning would give its offsets out again. What is not committed tells nothing, since it may be cut. Where no entry does, one
 * is written for that. Neither is waited for: a later look finds it committed. Whether the beginning has moved.
 */
async function expireGroup(replica: Replica, nowMs: Timestamp): Promise<boolean> {
  const { log, epoch } = replica
  if (!replica.leads || log.queues === null) return false
  const end = await log.endOfExpired(replica.highWatermark)
  if (!replica.leads || replica.epoch !== epoch || end === null || end <= log.logStartOffset) return false
  const uncommitted = log.queues.untoldFrom(end, replica.highWatermark)
  if (uncommitted.length === 0) {
    log.moveLogStart(end)
    return true
  }
  const untold = uncommitted.filter(({ toldUpTo }) => toldUpTo <= end)
  if (untold.length === 0) return false
  const starts = untold.map(({ topicId, partition, endOffset }) => {
    return { topicId, partition, startOffset: endOffset, endOffset }
  })
  replica.append(ownBatch(queueStartsBatch(starts, nowMs), nowMs), { allInSync: true })
  return false
}
