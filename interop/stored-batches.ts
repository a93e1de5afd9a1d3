import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compressionTypes } from '../src/codec/compression.ts'
import { BatchHeader, batchHeaderBytes } from '../src/record/batch-header.ts'

export interface StoredBatch {
  codec: string
  /** Whether an idempotent producer has sent it. */
  hasProducer: boolean
}

/**
 * The batches of a topic as they stand in a broker's folder of partitions, in Kafka's layout: what a client has really sent,
 * which reading it back does not tell. Only whole batches count; the files may be written to meanwhile.
 */
export async function storedBatches(dataFolder: string, topic: string): Promise<StoredBatch[]> {
  const found: StoredBatch[] = []
  const folders = (await readdir(dataFolder)).filter((name) => name.replace(/-\d+$/, '') === topic)
  for (const folder of folders) {
    const files = (await readdir(join(dataFolder, folder))).filter((name) => name.endsWith('.log'))
    for (const file of files) found.push(...batchesIn(await readFile(join(dataFolder, folder, file))))
  }
  return found
}

function batchesIn(bytes: Buffer): StoredBatch[] {
  const found: StoredBatch[] = []
  const header = new BatchHeader(bytes)
  for (let at = 0; at + batchHeaderBytes <= bytes.length; at += header.sizeBytes) {
    header.moveTo(bytes, at)
    if (header.magic !== 2 || at + header.sizeBytes > bytes.length) break
    found.push({ codec: compressionTypes[header.codec] ?? `${header.codec}`, hasProducer: header.producerId >= 0 })
  }
  return found
}
