import type { Replica } from '../replica/replica.ts'
import { DiskFault } from '../runtime/disk.ts'
import type { Logger } from '../runtime/logger.ts'

/** What one look at all logs has removed. */
export interface RemovedSegments {
  readonly logs: number
  readonly bytes: number
}

/**
 * Lets the segments go that their topics' retention has no use for, and those below log starts that have moved for another
 * reason (DeleteRecords; a leader's log start). All new log starts are made durable by one checkpoint, then the files go:
 * whatever a power cut takes back, no log has a hole. A log whose disk fails stops no other.
 */
export async function removeExpiredSegments(
  replicas: Iterable<Replica>,
  { checkpoint, logger }: { checkpoint(): Promise<void>; logger: Logger },
): Promise<RemovedSegments> {
  const shortened: Replica[] = []
  for (const replica of [...replicas]) {
    const moved = await unlessDiskFails(replica, logger, () => replica.expire())
    if (moved === true || replica.log.hasSegmentsBelowStart) shortened.push(replica)
  }
  if (shortened.length === 0) return { logs: 0, bytes: 0 }
  await checkpoint()
  let bytes = 0
  for (const replica of shortened) {
    bytes += (await unlessDiskFails(replica, logger, () => replica.log.removeBelowLogStart())) ?? 0
  }
  return { logs: shortened.length, bytes }
}

async function unlessDiskFails<T>(replica: Replica, logger: Logger, task: () => Promise<T>): Promise<T | null> {
  try {
    return await task()
  } catch (error) {
    if (!(error instanceof DiskFault)) throw error
    const { topic, partition } = replica
    logger.warn({ topic, partition, error: error.message }, 'old segments could not be removed')
    return null
  }
}
