import type { Broker } from '../broker/broker.ts'
import { removeExpiredSegments } from '../broker/expired-segments.ts'
import type { HostedPartitions } from '../broker/hosted-partitions.ts'
import { DiskFault } from '../runtime/disk.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { startRounds } from './rounds.ts'

/**
 * Looks at all logs every `log.retention.check.interval.ms` for segments that may go, with one timer for all partitions.
 * Returns how to stop, which resolves when nothing is being removed any more.
 */
export function startRetention(
  { clock, logger, metrics }: Pick<Runtime, 'clock' | 'logger' | 'metrics'>,
  broker: Broker,
  partitions: HostedPartitions,
): () => Promise<void> {
  const removedBytes = metrics.counter({
    name: 'trilog_retention_removed_bytes_total',
    help: 'Bytes of segments that were removed for their age, for the size of their log, or below its start.',
  })
  const { logRetentionCheckIntervalMs } = broker.config

  async function look(): Promise<void> {
    try {
      const checkpoint = (): Promise<void> => partitions.checkpoint()
      const { logs, bytes } = await removeExpiredSegments(broker.replicas(), { checkpoint, logger })
      if (logs === 0) return
      removedBytes.add(bytes)
      logger.info({ logs, bytes }, 'old segments were removed')
    } catch (error) {
      // The checkpoint could not be written: files go once it can.
      if (!(error instanceof DiskFault)) throw error
      logger.error({ error: error.message }, 'new log starts could not be noted, and old segments stay')
    }
  }

  return startRounds(clock, { everyMs: () => logRetentionCheckIntervalMs, round: look })
}
