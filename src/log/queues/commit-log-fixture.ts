import assert from 'node:assert/strict'
import { buildBatch } from '../../record/batch-builder.ts'
import { BatchHeader } from '../../record/batch-header.ts'
import type { LeaderEpoch, Offset } from '../../record/offset.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { bytesOf, openTestLog, validated } from '../log-fixture.ts'
import type { Log } from '../log.ts'
import type { LogOptions } from '../log-options.ts'
import type { ConsumeQueueEntry } from './consume-queue-entry.ts'
import type { LogQueue } from './log-queue.ts'
import type { QueueAccess } from './queue-access.ts'
import type { QueueName } from './queue-name.ts'

export const topicIdOf = (topic: number): string => Buffer.alloc(16, topic + 1).toString('base64url')

/** Three queues of two topics. */
export const testQueues: readonly QueueName[] = [
  { topicId: topicIdOf(0), partition: 0 },
  { topicId: topicIdOf(0), partition: 1 },
  { topicId: topicIdOf(1), partition: 0 },
]

/** Files and memory that are full at once. */
export const tinyLimits = { entriesPerFile: 4, entriesWaiting: 3, entriesInMemory: 6 }

export async function openCommitLog(runtime: Runtime, options: Partial<LogOptions> = {}): Promise<Log> {
  const { log } = await openTestLog(runtime, { queueLimits: tinyLimits, ...options, unit: 'broker' })
  return log
}

export function queuesOf(log: Log): QueueAccess {
  assert.ok(log.queues !== null)
  return log.queues
}

/** An entry of the commit log as it should be: `queue` is null for a control entry. */
export interface TwinEntry {
  readonly queue: QueueName | null
  /** Of the queue. */
  readonly offset: Offset
  readonly groupOffset: Offset
  readonly records: number
  /** The batch, with queue offset and epoch in place. */
  readonly batch: Buffer
}

/** Appends a batch to the queue and gives what should be there now. */
export function appendToQueue(
  log: Log,
  name: QueueName,
  what: { texts: readonly string[]; epoch: LeaderEpoch; timestamp?: number },
): TwinEntry {
  const { texts, epoch, timestamp = 1000 } = what
  const records = texts.map((text, i) => ({ timestamp: timestamp + i, value: Buffer.from(text) }))
  const queue = queuesOf(log).of(name)
  const offset = queue.endOffset
  const batches = validated(buildBatch(records))
  const { baseOffset } = log.appendTo(queue, batches, { epoch, timestampType: 'CreateTime' })
  const batch = placed(batches.bytes, offset, epoch)
  return { queue: name, offset, groupOffset: baseOffset, records: texts.length, batch }
}

/** Appends an entry that is of no queue. */
export function appendControl(log: Log, epoch: LeaderEpoch): TwinEntry {
  const batch = buildBatch([{ timestamp: 1, key: Buffer.alloc(4), value: null }], { control: true })
  const { baseOffset } = log.append(validated(batch), epoch)
  return { queue: null, offset: 0, groupOffset: baseOffset, records: 1, batch: placed(batch, 0, epoch) }
}

function placed(bytes: Uint8Array, offset: Offset, epoch: LeaderEpoch): Buffer {
  const copy = Buffer.from(bytes)
  copy.writeBigInt64BE(BigInt(offset), 0)
  copy.writeInt32BE(epoch, 12)
  return copy
}

/** All batches of the queue from `from` on, read by read. */
export async function readQueue(log: Log, queue: LogQueue, from: Offset, maxBytes = 1e6): Promise<Buffer[]> {
  const batches: Buffer[] = []
  for (let next = from; next < queue.endOffset; ) {
    const { endOffset: upTo } = queue
    const slice = await queuesOf(log).read(queue, { from: next, upTo, maxBytes, minOneBatch: true })
    if (slice.bytes === 0) break
    next = slice.nextOffset
    const bytes = bytesOf(slice)
    for (let at = 0; at < bytes.length; ) {
      const { sizeBytes } = new BatchHeader(bytes, at)
      batches.push(bytes.subarray(at, at + sizeBytes))
      at += sizeBytes
    }
  }
  return batches
}

/** All entries of the queue's consume queue. */
export async function entriesOf(queue: LogQueue): Promise<ConsumeQueueEntry[]> {
  const all: ConsumeQueueEntry[] = []
  for (let from = queue.startOffset; from < queue.endOffset; ) {
    const entries = await queue.entries.from(from)
    const last = entries.at(-1)
    if (last === undefined) break
    all.push(...entries)
    from = last.offset + last.offsets
  }
  return all
}
