import { copyFile } from '../log/copy-file.ts'
import type { KafkaPartition } from '../log/kafka-folder.ts'
import type { Log } from '../log/log.ts'
import { folderAside } from '../log/log-directory-name.ts'
import type { LogSettings } from '../log/log-settings.ts'
import { encodeProducerSnapshot } from '../log/producer-snapshot.ts'
import { magicOf } from '../record/batch-header.ts'
import type { LeaderEpoch, Offset } from '../record/offset.ts'
import type { Disk } from '../runtime/disk.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { LogFolder } from './log-folder.ts'
import { damageOf } from './open-folder.ts'

/** A partition's files, copied into the log directory under another name, checked, fsynced and closed. */
export interface CopiedPartition {
  readonly topic: string
  readonly partition: number
  /** Name within the log directory. What it is called by is removed at the next start, if nobody takes it in. */
  readonly folder: string
  readonly logStartOffset: Offset
  /** All below has been compacted; null: the log never was. */
  readonly cleanedUpTo: Offset | null
  readonly logEndOffset: Offset
  readonly sizeBytes: number
  /** -1: it holds no batch. */
  readonly lastEpoch: LeaderEpoch
  /** Of producers whose sequences it knows. */
  readonly producerIds: readonly number[]
  /** Bytes of a torn tail that were not taken. */
  readonly cutBytes: number
  /** First offset of a transaction that nobody has ended; null: there is none. */
  readonly openSince: Offset | null
}

/** This partition is not taken as it is. The message is a sentence. */
export class PartitionRefused extends Error {}

const copied = /^\d{20}\.(log|index|timeindex|txnindex|snapshot)$/
const epochsName = 'leader-epoch-checkpoint'

/** Sizes of the files that an import copies. Refuses a folder that Kafka has not brought to an end. */
export async function filesToCopy(disk: Disk, { path }: KafkaPartition): Promise<{ name: string; bytes: number }[]> {
  const names = (await disk.list(path)).filter(({ kind }) => kind === 'file').map(({ name }) => name)
  const swap = names.find((name) => name.endsWith('.swap'))
  if (swap !== undefined) {
    throw new PartitionRefused(`${path} holds ${swap}: Kafka died while it compacted it; start it again and stop it`)
  }
  const taken = names.filter((name) => copied.test(name) || name === epochsName)
  if (!taken.some((name) => name.endsWith('.log'))) throw new PartitionRefused(`${path} holds no segment (.log)`)
  return Promise.all(taken.map(async (name) => ({ name, bytes: (await disk.stat(`${path}/${name}`)).size })))
}

/** Copies a partition of Kafka's beside the logs of the folder, and checks every batch of it. */
export async function copyIn(
  folder: LogFolder,
  runtime: Runtime,
  wanted: { partition: KafkaPartition; settings: LogSettings; unclean: boolean; onCopied: (bytes: number) => void },
): Promise<CopiedPartition> {
  const { disk, random } = runtime
  const { partition } = wanted
  const name = folderAside(partition, Buffer.from(random.bytes(16)).toString('hex'), 'delete')
  const directory = `${folder.directory.path}/${name}`
  await disk.makeDirectory(directory)
  try {
    for (const { name: file } of await filesToCopy(disk, partition)) {
      await copyFile(disk, { from: `${partition.path}/${file}`, to: `${directory}/${file}` }, wanted.onCopied)
    }
    await disk.syncDirectory(directory)
    return { ...(await checked(folder, disk, { ...wanted, directory })), folder: name }
  } catch (error) {
    await disk.removeTree(directory)
    throw error
  }
}

async function checked(
  folder: LogFolder,
  disk: Disk,
  wanted: { partition: KafkaPartition; settings: LogSettings; unclean: boolean; directory: string },
): Promise<Omit<CopiedPartition, 'folder'>> {
  const log = await opened(folder, wanted)
  try {
    if (damageOf(log.recovery) === null) return await judged(log, disk, wanted)
  } finally {
    await log.close()
  }
  // As one that the cleaner has been at.
  const lenient = await opened(folder, { ...wanted, partition: { ...wanted.partition, cleanedUpTo: 0 } })
  try {
    const mayGap = (wanted.settings.compaction ?? null) !== null || wanted.partition.cleanedUpTo !== null
    const hasGaps = !mayGap && damageOf(lenient.recovery) === null
    if (!hasGaps) return await judged(lenient, disk, wanted)
  } finally {
    await lenient.close()
  }
  const what =
    "lacks offsets in its midst, as compaction leaves it, and the topic's settings do not say that it is compacted"
  throw new PartitionRefused(`${wanted.partition.path} ${what}: a segment may be gone`)
}

function opened(
  folder: LogFolder,
  { partition, settings, directory }: { partition: KafkaPartition; settings: LogSettings; directory: string },
): Promise<Log> {
  const { topic, topicId, logStartOffset, cleanedUpTo } = partition
  const nothingKnown = { recoveryPoint: 0, clean: false, asClosed: null, powerCut: false, syncFailed: false }
  const place = {
    topic,
    partition: partition.partition,
    topicId,
    directory,
    logStartOffset,
    cleanedUpTo,
    ...nothingKnown,
  }
  return folder.openAt(place, settings)
}

async function judged(
  log: Log,
  disk: Disk,
  { partition, unclean }: { partition: KafkaPartition; unclean: boolean },
): Promise<Omit<CopiedPartition, 'folder'>> {
  const { recovery, producers } = log
  const refuse = (what: string): never => {
    throw new PartitionRefused(`${partition.path} ${what}`)
  }
  const damage = damageOf(recovery)
  if (damage !== null || recovery.cutBytes > 0) await refuseOldFormat(disk, partition)
  if (damage !== null) refuse(`has ${damage}: only whole logs are imported`)
  if (recovery.cutBytes > 0 && !unclean) {
    refuse(`ends in ${recovery.cutBytes} bytes that are no whole batch, from offset ${recovery.cutFrom} on`)
  }
  const entries = [...producers.entries()]
  const open = entries.filter(({ transactionFirstOffset }) => transactionFirstOffset >= 0)
  const openSince = open.length === 0 ? null : Math.min(...open.map((entry) => entry.transactionFirstOffset))
  if (openSince !== null && !unclean) {
    const who = open.map(({ producerId }) => producerId).join(', ')
    refuse(
      `has a transaction of producer ${who} open since offset ${openSince}: end it in Kafka first (kafka-transactions abort)`,
    )
  }
  return {
    topic: partition.topic,
    partition: partition.partition,
    logStartOffset: log.logStartOffset,
    cleanedUpTo: log.cleanedUpTo,
    logEndOffset: log.logEndOffset,
    sizeBytes: log.sizeBytes,
    lastEpoch: log.lastEpoch,
    producerIds: entries.map(({ producerId }) => producerId),
    cutBytes: recovery.cutBytes,
    openSince,
  }
}

/** Kafka before 0.11 wrote batches of another layout, which newer ones still keep. */
async function refuseOldFormat(disk: Disk, partition: KafkaPartition): Promise<void> {
  for (const { name } of await filesToCopy(disk, partition)) {
    if (!name.endsWith('.log')) continue
    const file = await disk.open(`${partition.path}/${name}`, 'read')
    try {
      const head = Buffer.alloc(17)
      if ((await file.read(head, 0)) < head.length) continue
      const magic = magicOf(head, 0)
      if (magic === 0 || magic === 1) {
        const what = `holds messages of the old format ${magic}, which is not read`
        throw new PartitionRefused(`${partition.path}/${name} ${what}: copy the topic with a consumer and a producer`)
      }
    } finally {
      await file.close()
    }
  }
}

/** Makes a copied log forget its producers: their ids are or may be those of others here. */
export async function forgetProducers(disk: Disk, directory: string, logEndOffset: Offset): Promise<void> {
  for (const { name } of await disk.list(directory)) {
    if (name.endsWith('.snapshot')) await disk.remove(`${directory}/${name}`)
  }
  // An empty one at the end: without any the log itself would tell of them.
  const name = `${String(logEndOffset).padStart(20, '0')}.snapshot`
  await disk.writeFileAtomic(`${directory}/${name}`, encodeProducerSnapshot([]))
}
