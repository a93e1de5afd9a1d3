import type { Broker } from '../broker/broker.ts'
import { LogScrub } from '../broker/log-scrub.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { startRounds } from './rounds.ts'

/** Checks all logs every `log.scrub.interval.ms`: one timer for all partitions. Returns how to stop, which resolves when nothing is being read any more. */
export function startScrub(
  { clock, logger, metrics }: Pick<Runtime, 'clock' | 'logger' | 'metrics'>,
  broker: Broker,
): () => Promise<void> {
  const { logScrubIntervalMs: everyMs } = broker.config
  if (everyMs < 0) return () => Promise.resolve()
  const scrub = new LogScrub({
    clock,
    logger,
    metrics,
    replicas: () => [broker.metadataReplica, ...broker.replicas()],
    bytesPerSecond: () => broker.config.logScrubIoMaxBytesPerSecond,
  })
  const stop = startRounds(clock, { everyMs: () => everyMs, round: () => scrub.round() })
  return () => {
    scrub.stop()
    return stop()
  }
}
