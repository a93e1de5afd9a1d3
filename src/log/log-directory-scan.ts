import type { Disk } from '../runtime/disk.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Random } from '../runtime/random.ts'
import type { HostedReplicas } from './hosted-replicas.ts'
import {
  folderAside,
  folderOf,
  type HostedReplica,
  type PartitionName,
  parseFolderName,
  partitionKey,
} from './log-directory-name.ts'
import { readPartitionMetadata } from './partition-metadata.ts'

/** Kafka keeps its metadata log here. It is read by nobody else, so it is neither hosted nor astray. */
const metadataTopic = '__cluster_metadata'

/** The folder, and what it takes to rename in it. */
export interface FolderAccess {
  readonly disk: Disk
  readonly directory: string
  readonly random: Random
}

/** What the folder holds, by what it is for. Names are of folders in it. */
export interface FolderScan {
  /** By `partitionKey`. */
  readonly partitions: ReadonlyMap<string, HostedReplica>
  /** Renamed by a deletion that a stop has interrupted. */
  readonly leftovers: readonly string[]
}

export async function scanFolder(disk: Disk, directory: string): Promise<FolderScan> {
  const partitions = new Map<string, HostedReplica>()
  const leftovers: string[] = []
  for (const { name, kind } of await disk.list(directory)) {
    const parsed = kind === 'directory' ? parseFolderName(name) : null
    if (parsed?.kind === 'deleted') leftovers.push(name)
    if (parsed?.kind === 'partition') partitions.set(name, { ...parsed.name, topicId: null })
  }
  return { partitions, leftovers }
}

/** Takes the partitions found as hosted: of a folder that Kafka has made, or whose list is lost. */
export async function adopt(disk: Disk, directory: string, scan: FolderScan, hosted: HostedReplicas): Promise<void> {
  const found: HostedReplica[] = []
  for (const replica of scan.partitions.values()) {
    if (replica.topic === metadataTopic) continue
    const metadata = await readPartitionMetadata(disk, `${directory}/${folderOf(replica)}`)
    found.push({ ...replica, topicId: metadata.state === 'whole' ? metadata.topicId : null })
  }
  await hosted.add(found)
}

/**
 * Ends the deletions that a stop has interrupted: takes the replicas off the list, and their folders to those that are to
 * be removed. Returns the names of these.
 */
export async function endDeletions(at: FolderAccess, scan: FolderScan, hosted: HostedReplicas): Promise<string[]> {
  const leftovers = [...scan.leftovers]
  const deleting = hosted.deleting()
  for (const replica of deleting) {
    if (scan.partitions.has(partitionKey(replica))) leftovers.push(await setAside(at, replica, 'delete'))
  }
  if (deleting.length > 0) {
    await at.disk.syncDirectory(at.directory)
    await hosted.remove(deleting)
  }
  return leftovers
}

/** Renames a partition's folder; durable once the directory is synced. Returns the new name. */
export async function setAside(at: FolderAccess, replica: PartitionName, why: 'delete' | 'stray'): Promise<string> {
  const name = folderAside(replica, Buffer.from(at.random.bytes(16)).toString('hex'), why)
  await at.disk.rename(`${at.directory}/${folderOf(replica)}`, `${at.directory}/${name}`)
  return name
}

/**
 * Partition folders that are not on the list: empty ones come from a creation that a stop has interrupted and go; the
 * others are kept under another name, as Kafka does, for the operator to look at. Returns the new names.
 */
export async function setStraysAside(
  at: FolderAccess & { logger: Logger },
  scan: FolderScan,
  hosted: HostedReplicas,
): Promise<string[]> {
  const strays: string[] = []
  for (const replica of scan.partitions.values()) {
    if (hosted.get(replica) !== undefined || replica.topic === metadataTopic) continue
    const folder = `${at.directory}/${folderOf(replica)}`
    if (await hasRecords(at.disk, folder)) {
      const name = await setAside(at, replica, 'stray')
      at.logger.warn({ from: folder, to: name }, 'a partition that this broker does not host was set aside')
      strays.push(name)
    } else {
      await at.disk.removeTree(folder)
    }
  }
  if (strays.length > 0) await at.disk.syncDirectory(at.directory)
  return strays
}

/** Whether a partition's folder has a segment that is not empty. */
export async function hasRecords(disk: Disk, folder: string): Promise<boolean> {
  for (const { name, kind } of await disk.list(folder)) {
    if (kind !== 'file' || !(name.endsWith('.log') || name.endsWith('.log.swap'))) continue
    if ((await disk.stat(`${folder}/${name}`)).size > 0) return true
  }
  return false
}
