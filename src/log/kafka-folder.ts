import type { Offset } from '../record/offset.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { hasCleanMark } from './clean-shutdown.ts'
import { DirectoryCheckpoints } from './log-directory-checkpoints.ts'
import { folderOf, type HostedReplica } from './log-directory-name.ts'
import { scanFolder } from './log-directory-scan.ts'
import { readPartitionMetadata } from './partition-metadata.ts'

/** A partition's folder as Kafka has left it. */
export interface KafkaPartition extends HostedReplica {
  readonly path: string
  /** What Kafka's checkpoint says, 0 without: records below it were deleted. */
  readonly logStartOffset: Offset
  /** All below, Kafka has compacted; null: it never did. */
  readonly cleanedUpTo: Offset | null
}

/** What lies in one of the folders of a Kafka broker's `log.dirs`. */
export interface KafkaFolder {
  readonly path: string
  /** Kafka has closed every log in it and was not started again. False as well for a copy without Kafka's own files. */
  readonly isClean: boolean
  /** By topic and partition. */
  readonly partitions: readonly KafkaPartition[]
}

/** Looks into a folder of Kafka's; changes nothing. Rejects with the `DiskFault` of a folder that cannot be read. */
export async function readKafkaFolder(runtime: Runtime, path: string): Promise<KafkaFolder> {
  const { disk } = runtime
  const scan = await scanFolder(disk, path)
  const checkpoints = await DirectoryCheckpoints.read(runtime, path)
  const partitions: KafkaPartition[] = []
  for (const name of scan.partitions.values()) {
    const folder = `${path}/${folderOf(name)}`
    const metadata = await readPartitionMetadata(disk, folder)
    const topicId = metadata.state === 'whole' ? metadata.topicId : null
    const { topic, partition } = name
    const { logStartOffset, cleanedUpTo } = checkpoints.of(name)
    partitions.push({ topic, partition, topicId, path: folder, logStartOffset, cleanedUpTo })
  }
  partitions.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
  return { path, isClean: await hasCleanMark(disk, path), partitions }
}
