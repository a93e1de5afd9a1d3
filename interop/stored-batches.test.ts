import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { batchHeaderBytes, writeBatchHeader } from '../src/record/batch-header.ts'
import { storedBatches } from './stored-batches.ts'

test('codec and producer of every whole batch of a topic are told, over its partitions and not of others', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stored-batches-'))
  try {
    await partition('words-0', Buffer.concat([batch(1, 7), batch(4, -1), batch(2, 7).subarray(0, 40)]))
    await partition('words-1', Buffer.concat([batch(0, 3)]))
    await partition('words-more-0', batch(3, 3))
    const found = await storedBatches(folder, 'words')
    assert.deepEqual(
      found.map(({ codec, hasProducer }) => `${codec} ${hasProducer}`),
      ['gzip true', 'zstd false', 'none true'],
    )
  } finally {
    await rm(folder, { recursive: true })
  }

  async function partition(name: string, bytes: Buffer): Promise<void> {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, '00000000000000000000.log'), bytes)
  }
})

/** A batch of no records: only its header is looked at. */
function batch(codec: number, producerId: number): Buffer {
  const bytes = Buffer.alloc(batchHeaderBytes + 10)
  writeBatchHeader(bytes, {
    baseOffset: 0,
    partitionLeaderEpoch: 0,
    attributes: codec,
    lastOffsetDelta: 0,
    baseTimestamp: 0,
    maxTimestamp: 0,
    producerId,
    producerEpoch: 0,
    baseSequence: 0,
    recordCount: 1,
  })
  return bytes
}
