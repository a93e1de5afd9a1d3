/** A partition of a topic. */
export interface PartitionName {
  readonly topic: string
  /** From 0. */
  readonly partition: number
}

/** A replica that this folder holds. */
export interface HostedReplica extends PartitionName {
  /** Null: unknown (a folder of a Kafka that knew no topic ids). */
  readonly topicId: string | null
}

export type FolderName =
  | { kind: 'partition'; name: PartitionName }
  /** Renamed to be deleted. */
  | { kind: 'deleted' }
  /** Renamed because it belongs to nobody here. */
  | { kind: 'stray' }
  /** A copy under way from another log directory of the same Kafka broker. */
  | { kind: 'future' }
  | { kind: 'foreign' }

/** Longest file name that the usual file systems take. */
const nameBytesMax = 255

export const partitionKey = (name: PartitionName): string => folderOf(name)

export const folderOf = ({ topic, partition }: PartitionName): string => `${topic}-${partition}`

/** Kafka's name for a folder that is about to be deleted, or was set aside. `unique`: 32 hexadecimal digits. */
export function folderAside({ topic, partition }: PartitionName, unique: string, why: 'delete' | 'stray'): string {
  const suffix = `-${partition}.${unique}-${why}`
  return topic.slice(0, nameBytesMax - suffix.length) + suffix
}

export function parseFolderName(folder: string): FolderName {
  const aside = /\.[0-9a-f]{32}-(delete|stray|future)$/.exec(folder)
  if (aside !== null) {
    return { kind: aside[1] === 'delete' ? 'deleted' : (aside[1] as 'stray' | 'future') }
  }
  const words = /^([A-Za-z0-9._-]+)-(0|[1-9]\d{0,9})$/.exec(folder)
  if (words === null) return { kind: 'foreign' }
  return { kind: 'partition', name: { topic: words[1] as string, partition: Number(words[2]) } }
}
