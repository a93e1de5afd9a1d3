import type { Broker } from '../broker/broker.ts'
import type { HostedPartitions } from '../broker/hosted-partitions.ts'
import { type CleanerSettings, LogCleaner } from '../broker/log-cleaner.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import { DiskFault } from '../runtime/disk.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { startRounds } from './rounds.ts'

/**
 * Compacts logs for as long as one is worth it, then looks again every `log.cleaner.backoff.ms`: one timer for all partitions. Returns
 * how to stop, which resolves when nothing is being compacted any more.
 */
export function startCleaner(
  { clock, logger, metrics }: Pick<Runtime, 'clock' | 'logger' | 'metrics'>,
  broker: Broker,
  partitions: HostedPartitions,
): () => Promise<void> {
  if (!broker.config.logCleanerEnable) return () => Promise.resolve()
  const cleaner = new LogCleaner({
    logger,
    metrics,
    replicas: () => partitions.compacted(),
    settings: () => settingsOf(broker.config),
    checkpoint: () => partitions.checkpoint(),
  })
  let isStopped = false

  async function clean(): Promise<void> {
    try {
      while (!isStopped && (await cleaner.cleanOne())) {
        // On to the next one.
      }
    } catch (error) {
      // A checkpoint could not be written: what it tells is found again by compacting again.
      if (!(error instanceof DiskFault)) throw error
      logger.error({ error: error.message }, 'it could not be noted up to where logs are compacted')
    }
  }

  const stop = startRounds(clock, { everyMs: () => broker.config.logCleanerBackoffMs, round: clean })
  return () => {
    isStopped = true
    cleaner.stop()
    return stop()
  }
}

function settingsOf(config: BrokerConfig): CleanerSettings {
  return {
    memory: {
      keyBytes: config.logCleanerDedupeBufferSize,
      loadFactor: config.logCleanerIoBufferLoadFactor,
      ioBytes: Math.max(ioBytesMin, config.logCleanerIoBufferSize),
    },
    bytesPerSecond: config.logCleanerIoMaxBytesPerSecond,
  }
}

/** With less a compaction would only ever wait for the disk. */
const ioBytesMin = 32 * 1024
