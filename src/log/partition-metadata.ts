import type { Disk } from '../runtime/disk.ts'
import { readFileIfThere } from './log-directory-file.ts'
import { isUuid } from './meta-properties.ts'

const fileName = 'partition.metadata'
const version = 0

/** The id of the topic that a partition folder belongs to, in Kafka's `partition.metadata`. */
export async function readPartitionMetadata(
  disk: Disk,
  folder: string,
): Promise<{ state: 'missing' | 'damaged' } | { state: 'whole'; topicId: string }> {
  const bytes = await readFileIfThere(disk, `${folder}/${fileName}`)
  if (bytes === null) return { state: 'missing' }
  const words = /^version: (\d{1,9})\r?\ntopic_id: (\S+)\s*$/.exec(Buffer.from(bytes).toString('utf8'))
  const topicId = words?.[2] ?? ''
  if (words === null || Number(words[1]) !== version || !isUuid(topicId)) return { state: 'damaged' }
  return { state: 'whole', topicId }
}

/** Not fsynced: the fsynced list of hosted replicas has the id too, and mends a file that was lost or cut short. */
export async function writePartitionMetadata(disk: Disk, folder: string, topicId: string): Promise<void> {
  const file = await disk.open(`${folder}/${fileName}`, 'truncate')
  try {
    await file.write([Buffer.from(`version: ${version}\ntopic_id: ${topicId}`)], 0)
  } finally {
    await file.close()
  }
}
