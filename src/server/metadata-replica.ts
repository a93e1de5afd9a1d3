import type { BrokerConfig } from '../config/broker-config.ts'
import type { LogSettings } from '../log/log-settings.ts'
import { metadataTopicName } from '../metadata/topic-name.ts'
import { Replica } from '../replica/replica.ts'
import { SelfElected } from '../replica/self-elected.ts'
import { majorityScheme } from '../replication/schemes.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { LogFolder } from './log-folder.ts'

/** Kafka's name and id of the metadata log. */
const metadataLog = { topic: metadataTopicName, partition: 0, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' }

/** A voter without a leader stands after a time drawn from here. */
const electionMs = [100, 300] as const

/** The folder's metadata log is gone, though the folder hosts replicas: what they are, nobody knows. */
class MetadataLogMissing extends Error {
  constructor(path: string) {
    super(`${path} holds partitions, but its metadata log ${metadataLog.topic}-0 is gone: restore it from a copy`)
    this.name = 'MetadataLogMissing'
  }
}

/** Opens this broker's replica of the metadata log, or makes it in a new folder, and has it elected. */
export async function openMetadataReplica(runtime: Runtime, config: BrokerConfig, folder: LogFolder): Promise<Replica> {
  const settings = settingsOf(config)
  const { directory } = folder
  const found = await directory.openOne(metadataLog, {
    open: (place) => folder.openAt(place, settings),
    flushesAlways: () => true,
  })
  if (found === null && !directory.start.madeNow && [...directory.hosted()].length > 0) {
    throw new MetadataLogMissing(directory.path)
  }
  const { topic, partition } = metadataLog
  const { clock, logger } = runtime
  const self = { broker: config.nodeId, directory: directory.identity.directoryId }
  const replica = await Replica.open({ topic, partition, self, scheme: majorityScheme, clock, logger }, (events) =>
    folder.open(metadataLog, settings, events),
  )
  await directory.markDirtyBeforeFirstAppend()
  await SelfElected.start({
    runtime,
    replica,
    directory: `${directory.path}/${topic}-${partition}`,
    self,
    voters: [self],
    suspect: false,
    electionMs,
    send: () => {},
  })
  return replica
}

/** The metadata log is always fsynced before it counts, and its batches are as large as its changes. */
function settingsOf(config: BrokerConfig): LogSettings {
  return {
    segmentBytes: config.metadataLogSegmentBytes,
    segmentMs: config.metadataLogSegmentMs,
    segmentJitterMs: 0,
    indexIntervalBytes: 4096,
    segmentIndexBytes: 10 * 1024 * 1024,
    flushMessages: 1,
    flushMs: Number.MAX_SAFE_INTEGER,
    maxMessageBytes: config.metadataLogSegmentBytes,
    timestampType: 'CreateTime',
    timestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
    timestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
    preallocate: false,
  }
}
