import type { Disk } from '../runtime/disk.ts'
import { readFileIfThere, removeIfThere } from './log-directory-file.ts'

const fileName = '.kafka_cleanshutdown'
const version = 0

/** What the last clean close left. */
export interface CleanMark {
  /** The registration under which the broker closed (KIP-966); -1: none. */
  readonly brokerEpoch: number
}

/**
 * The mark of a clean close, Kafka's `.kafka_cleanshutdown`: there only while every byte of every log is on the disk.
 * Null: none, or one that is damaged, which then says nothing.
 */
export async function readCleanMark(disk: Disk, directory: string): Promise<CleanMark | null> {
  const bytes = await readFileIfThere(disk, `${directory}/${fileName}`)
  if (bytes === null) return null
  try {
    const content = JSON.parse(Buffer.from(bytes).toString('utf8')) as { version?: unknown; brokerEpoch?: unknown }
    if (content.version !== version || !Number.isSafeInteger(content.brokerEpoch)) return null
    return { brokerEpoch: content.brokerEpoch as number }
  } catch {
    return null
  }
}

/** Whether the mark is there, whatever it says: older releases of Kafka leave an empty one. */
export function hasCleanMark(disk: Disk, directory: string): Promise<boolean> {
  return disk.exists(`${directory}/${fileName}`)
}

/** Durable when resolved. Only once every log is fsynced and closed. */
export async function writeCleanMark(disk: Disk, directory: string, mark: CleanMark): Promise<void> {
  const content = JSON.stringify({ version, brokerEpoch: mark.brokerEpoch })
  await disk.writeFileAtomic(`${directory}/${fileName}`, Buffer.from(content))
}

/** Durably gone when resolved: before that nothing may be appended. */
export async function removeCleanMark(disk: Disk, directory: string): Promise<void> {
  await removeIfThere(disk, `${directory}/${fileName}`)
  await disk.syncDirectory(directory)
}
