import { readFileSync } from 'node:fs'
import { compressionTypes } from '../src/codec/compression.ts'
import { buildBatch, buildCompressedBatch, type RecordInput } from '../src/record/batch-builder.ts'
import { batchesIn } from '../src/record/record-reader.ts'
import { inCheckout } from './recorded-frames.ts'

const timestamp = 1_600_000_000_000

function records(count: number, valueBytes: number): RecordInput[] {
  return Array.from({ length: count }, (_, nth) => ({
    timestamp: timestamp + nth,
    key: nth % 3 === 0 ? null : Buffer.from(`key ${nth}`),
    value: nth % 5 === 4 ? null : Buffer.alloc(valueBytes, `value ${nth} `),
    headers:
      nth % 2 === 0
        ? []
        : [
            { key: 'trace', value: Buffer.from('1') },
            { key: 'none', value: null },
          ],
  }))
}

/** Batches of every kind: each codec, idempotent, transactional, control, and those that Kafka wrote itself. */
export async function goodBatches(): Promise<Buffer[]> {
  const compressed = await Promise.all(
    compressionTypes.flatMap((type) => [
      buildCompressedBatch(records(3, 20), type),
      // Large enough for several blocks, and for sizes of several bytes.
      buildCompressedBatch(records(60, 700), type),
    ]),
  )
  const producer = { id: 4000, epoch: 2, baseSequence: 17 }
  const marker = { timestamp, key: Buffer.from([0, 0, 0, 1]), value: Buffer.from([0, 0, 0, 0, 0, 9]) }
  return [
    ...compressed,
    buildBatch(records(1, 0)),
    buildBatch(records(5, 10), { producer, baseOffset: 77, epoch: 3 }),
    buildBatch(records(2, 10), { producer, transactional: true }),
    buildBatch([marker], { producer: { ...producer, baseSequence: -1 }, transactional: true, control: true }),
    ...kafkasBatches(),
  ]
}

/** From a log that Kafka 4.3 has written. */
export function kafkasBatches(): Buffer[] {
  const log = readFileSync(inCheckout('src/consumer-group/fixtures/kafka-4.3-consumer-offsets.log'))
  return [...batchesIn(log)].slice(0, 40).map(({ at, sizeBytes }) => Buffer.from(log.subarray(at, at + sizeBytes)))
}
