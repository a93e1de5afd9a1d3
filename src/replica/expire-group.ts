import { queueStartsBatch } from '../log/queues/queue-starts.ts'
import type { Timestamp } from '../record/offset.ts'
import { ownBatch } from './own-batch.ts'
import type { Replica } from './replica.ts'

/**
 * Moves the beginning of a group's log past what its retention has no use for. A partition's goes by itself; a commit log's by its
 * leader alone: followers hear of it with their fetches. Before that an entry of the log tells the ends of queues that have nothing above, and is committed: a replica
 * that begins anew at the new beginning would give their offsets out again. Whether the beginning has moved.
 */
export async function expireGroup(replica: Replica, nowMs: Timestamp): Promise<boolean> {
  const { log, epoch } = replica
  if (log.queues === null) return await log.expire(replica.highWatermark)
  if (!replica.leads) return false
  const end = await log.endOfExpired(replica.highWatermark)
  if (end === null || end <= log.logStartOffset) return false
  const untold = log.queues.untoldFrom(end).map(({ topicId, partition, endOffset }) => {
    return { topicId, partition, startOffset: endOffset, endOffset }
  })
  if (untold.length > 0) {
    const appended = replica.append(ownBatch(queueStartsBatch(untold, nowMs), nowMs), { allInSync: true })
    if ('code' in appended || (await replica.whenCommitted(appended.upTo)) !== null) return false
  }
  if (!replica.leads || replica.epoch !== epoch) return false
  log.moveLogStart(end)
  return true
}
