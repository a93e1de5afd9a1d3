import type { TopicConfig } from '../config/topic-settings.ts'
import type { LogSettings } from '../log/log-settings.ts'

const known = new WeakMap<TopicConfig, LogSettings>()

/** What a topic's configuration means for the logs of its partitions, which share the answer. */
export function logSettingsOf(config: TopicConfig): LogSettings {
  const settings = known.get(config) ?? worked(config)
  known.set(config, settings)
  return settings
}

function worked(config: TopicConfig): LogSettings {
  const isCompacted = config.cleanupPolicy.includes('compact')
  return {
    segmentBytes: config.segmentBytes,
    // What is to be compacted in time has to be rolled in time, as in Kafka.
    segmentMs: isCompacted ? Math.min(config.segmentMs, config.maxCompactionLagMs) : config.segmentMs,
    segmentJitterMs: config.segmentJitterMs,
    indexIntervalBytes: config.indexIntervalBytes,
    segmentIndexBytes: config.segmentIndexBytes,
    flushMessages: config.flushMessages,
    flushMs: config.flushMs,
    maxMessageBytes: config.maxMessageBytes,
    timestampType: config.messageTimestampType,
    timestampBeforeMaxMs: config.messageTimestampBeforeMaxMs,
    timestampAfterMaxMs: config.messageTimestampAfterMaxMs,
    preallocate: config.preallocate,
    retention: config.cleanupPolicy.includes('delete')
      ? { ms: config.retentionMs, bytes: config.retentionBytes }
      : null,
    compaction: isCompacted
      ? {
          minDirtyRatio: config.minCleanableDirtyRatio,
          minLagMs: config.minCompactionLagMs,
          maxLagMs: config.maxCompactionLagMs,
          deleteRetentionMs: config.deleteRetentionMs,
        }
      : null,
    fileDeleteDelayMs: config.fileDeleteDelayMs,
  }
}
