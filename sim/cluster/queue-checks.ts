import { crcHolds } from '../../src/record/batch-crc.ts'
import { BatchHeader } from '../../src/record/batch-header.ts'
import { batchesIn } from '../../src/record/record-reader.ts'
import { entriesIn } from '../../src/log/entries-in.ts'
import { framePlaceOf, frameHeaderHolds } from '../../src/log/queues/frame.ts'
import type { LogQueue } from '../../src/log/queues/log-queue.ts'
import { queueKey } from '../../src/log/queues/queue-name.ts'
import type { Replica } from '../../src/replica/replica.ts'

/**
 * What is wrong with the queues of a replica's commit log: every queue gives by its consume queue what the log has of it, in order and
 * without a gap, and no more. Sentences; none: nothing.
 */
export async function queueFaults({ log }: Replica): Promise<string[]> {
  const { queues } = log
  if (queues === null) return []
  const inLog = await batchesByQueue({ log })
  const faults: string[] = []
  for (const queue of queues.all()) {
    const { startOffset, endOffset, topicId, partition } = queue
    const name = `queue ${partition} of topic ${topicId}`
    const given = await batchesGiven({ log }, queue)
    const expected = (inLog.get(queueKey(queue)) ?? []).filter(({ next }) => next > startOffset)
    let end = Math.max(startOffset, given[0]?.base ?? startOffset)
    if (end > startOffset) faults.push(`${name} begins at ${startOffset}, and gives nothing below ${end}`)
    if ((given[0]?.base ?? startOffset) < startOffset) end = given[0]?.base ?? startOffset
    for (const { base, next } of given) {
      if (base !== end) faults.push(`${name} has a gap from ${end} to ${base}`)
      end = next
    }
    if (end !== endOffset) faults.push(`${name} ends at ${endOffset}, and gives nothing from ${end} on`)
    const differs = given.findIndex((batch, at) => batch.crc !== expected[at]?.crc || batch.base !== expected[at]?.base)
    if (given.length !== expected.length || differs >= 0) {
      faults.push(`${name} gives ${given.length} batches, and the log has ${expected.length}, or others`)
    }
  }
  return faults
}

interface QueueBatch {
  readonly base: number
  readonly next: number
  readonly crc: number
}

async function batchesByQueue({ log }: Pick<Replica, 'log'>): Promise<Map<string, QueueBatch[]>> {
  const found = new Map<string, QueueBatch[]>()
  for (let from = log.logStartOffset; from < log.logEndOffset; ) {
    const slice = await log.read({ from, upTo: log.logEndOffset, maxBytes: 65_536, minOneBatch: true })
    for (const { entry, batch } of entriesIn(Buffer.concat(slice.buffers))) {
      const place = framePlaceOf(entry.bytes, entry.at)
      if (place === null) continue
      const list = found.get(queueKey(place)) ?? []
      found.set(queueKey(place), list)
      list.push({ base: place.offset, next: place.offset + batch.lastOffsetDelta + 1, crc: batch.crc })
    }
    from = slice.nextOffset
    slice.release()
  }
  return found
}

async function batchesGiven({ log }: Pick<Replica, 'log'>, queue: LogQueue): Promise<QueueBatch[]> {
  const given: QueueBatch[] = []
  for (let from = queue.startOffset; from < queue.endOffset; ) {
    const reading = { from, upTo: queue.endOffset, maxBytes: 65_536, minOneBatch: true }
    const slice = await log.queues?.read(queue, reading)
    if (slice === undefined || slice.bytes === 0) return given
    for (const batch of batchesIn(Buffer.concat(slice.buffers))) {
      given.push({
        base: batch.baseOffset,
        next: batch.nextOffset,
        crc: crcHolds(batch.bytes, batch.at) ? batch.crc : -1,
      })
    }
    from = slice.nextOffset
    slice.release()
  }
  return given
}

/** Whether kept bytes of a cut hold that record of a queue; topics by id. */
export function keptHolds(kept: Buffer, wanted: { topicId: string; partition: number; offset: number }): boolean {
  for (const { entry } of entriesIn(kept)) {
    const place = frameHeaderHolds(kept, entry.at) ? framePlaceOf(kept, entry.at) : null
    if (place === null || queueKey(place) !== queueKey(wanted)) continue
    const records = new BatchHeader(kept, entry.at).lastOffsetDelta + 1
    if (place.offset <= wanted.offset && wanted.offset < place.offset + records) return true
  }
  return false
}
