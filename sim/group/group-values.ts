import type { Log } from '../../src/log/log.ts'
import { frameHeaderBytes, framePlaceOf } from '../../src/log/queues/frame.ts'
import { BatchHeader, batchSizeOf } from '../../src/record/batch-header.ts'
import type { Offset } from '../../src/record/offset.ts'
import { batchesIn, readRecords } from '../../src/record/record-reader.ts'
import { queuesTopicId } from './group-parts.ts'

/** A value that somebody wrote to a group, where it stands: `part` is the queue, 0 in a partition. */
export interface GroupValue {
  readonly part: number
  readonly offset: Offset
  readonly value: string
}

/** All values of a group's log in their order; `queues` 0: it is a partition's. */
export async function valuesIn(log: Buffer, queues: number): Promise<GroupValue[]> {
  const values: GroupValue[] = []
  for (let at = 0; at < log.length; at += batchSizeOf(log, at)) {
    const place = queues === 0 ? null : framePlaceOf(log, at)
    const batch = new BatchHeader(log, queues === 0 ? at : at + frameHeaderBytes)
    if (!batch.isControl) values.push(...(await valuesOf(batch, place?.partition ?? 0)))
  }
  return values
}

/** All that a replica gives of a queue, by its consume queue. */
export async function valuesInQueue(log: Log, part: number): Promise<GroupValue[]> {
  const queue = log.queues?.of({ topicId: queuesTopicId, partition: part })
  const values: GroupValue[] = []
  for (let from = queue?.startOffset ?? 0; queue !== undefined && from < queue.endOffset; ) {
    const reading = { upTo: queue.endOffset, maxBytes: 2000, minOneBatch: true }
    const slice = await log.queues?.read(queue, { from, ...reading })
    if (slice === undefined || slice.bytes === 0) return values
    const bytes = Buffer.concat(slice.buffers)
    slice.release()
    for (const batch of batchesIn(bytes)) values.push(...(await valuesOf(batch, part)))
    from = slice.nextOffset
  }
  return values
}

export async function valuesOf(batch: BatchHeader, part: number): Promise<GroupValue[]> {
  const records = await readRecords(batch)
  return records.map(({ offset, value }) => ({ part, offset, value: Buffer.from(value ?? '').toString() }))
}
