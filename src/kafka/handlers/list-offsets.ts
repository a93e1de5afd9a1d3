import type { Broker } from '../../broker/broker.ts'
import type { RequestOf } from '../../codec/api.ts'
import type { LeaderEpoch, Offset, Timestamp } from '../../record/offset.ts'
import type { ReadRefusal } from '../../replica/refusal.ts'
import { servedEpochAt } from '../../replica/served-epochs.ts'
import type { ServedPartition } from '../../replica/served-partition.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { refusalErrors } from '../refusal-errors.ts'
import { listOffsets } from '../schema/list-offsets.ts'

type Request = RequestOf<typeof listOffsets>
type Asked = Request['topics'][number]['partitions'][number]
type Found = { offset: Offset; timestamp: Timestamp; epoch: LeaderEpoch }

/** Timestamps that are no times: what each asks for, and the version since which it may. */
const latest = -1
const earliest = -2
const maxTimestamp = -3
const earliestLocal = -4
const latestTiered = -5
const earliestPendingUpload = -6

/**
 * Offsets by timestamp, and the ends of the log. Versions 1 to 11: v2 has the isolation level, v4 leader epochs, v6 is flexible,
 * v7 knows the greatest timestamp (-3), v8, v9 and v11 ask about tiered storage, which there is none of here.
 */
export const listOffsetsHandler = (broker: Broker) =>
  handler(listOffsets, async (request, context) => ({
    topics: await Promise.all(
      request.topics.map(async (topic) => ({
        name: topic.name,
        partitions: await Promise.all(
          onceEach(topic.partitions).map(async ({ asked, isTwice }) =>
            isTwice ? twice(asked) : offsetOf(broker, { topic: topic.name, asked, request, context }),
          ),
        ),
      })),
    ),
  }))

/** A partition that is asked for twice is refused, once. */
function onceEach(partitions: readonly Asked[]): { asked: Asked; isTwice: boolean }[] {
  const counts = new Map<number, number>()
  for (const { partitionIndex } of partitions) counts.set(partitionIndex, (counts.get(partitionIndex) ?? 0) + 1)
  const first = new Map([...partitions].reverse().map((asked) => [asked.partitionIndex, asked]))
  return [...new Set(partitions.map(({ partitionIndex }) => partitionIndex))].flatMap((index) => {
    const asked = first.get(index)
    return asked === undefined ? [] : [{ asked, isTwice: (counts.get(index) ?? 0) > 1 }]
  })
}

const twice = ({ partitionIndex }: Asked) => ({
  partitionIndex,
  errorCode: kafkaErrors.INVALID_REQUEST.code,
  timestamp: -1,
  offset: -1,
})

async function offsetOf(
  broker: Broker,
  question: { topic: string; asked: Asked; request: Request; context: { version: number } },
) {
  const { topic, asked, request, context } = question
  const { partitionIndex } = asked
  const none = { partitionIndex, timestamp: -1, offset: -1 }
  const replica = broker.servedOf(topic, partitionIndex)
  if (replica === null) return { ...none, errorCode: refusalErrors[broker.absenceOf(topic, partitionIndex)] }
  const stale = replica.checkEpoch(asked.currentLeaderEpoch)
  if (stale !== null) return { ...none, errorCode: refusalErrors[stale.code] }
  if (!isServed(asked.timestamp, context.version)) {
    return { ...none, errorCode: kafkaErrors.UNSUPPORTED_VERSION.code }
  }
  try {
    const found = await find(replica, asked.timestamp, { committedTransactionsOnly: request.isolationLevel === 1 })
    if (found === null) return { ...none, errorCode: kafkaErrors.NONE.code }
    if ('code' in found) return { ...none, errorCode: refusalErrors[found.code] }
    const { offset, timestamp, epoch } = found
    const leaderEpoch = context.version >= 4 ? { leaderEpoch: epoch } : {}
    return { partitionIndex, errorCode: kafkaErrors.NONE.code, timestamp, offset, ...leaderEpoch }
  } catch (error) {
    broker.logger.error({ topic, partition: partitionIndex, error: String(error) }, 'an offset could not be looked up')
    return { ...none, errorCode: kafkaErrors.KAFKA_STORAGE_ERROR.code }
  }
}

function isServed(timestamp: number, version: number): boolean {
  const since: Record<number, number> = {
    [maxTimestamp]: 7,
    [earliestLocal]: 8,
    [latestTiered]: 9,
    [earliestPendingUpload]: 11,
  }
  return timestamp >= earliest || version >= (since[timestamp] ?? Number.POSITIVE_INFINITY)
}

async function find(
  replica: ServedPartition,
  timestamp: Timestamp,
  options: { committedTransactionsOnly: boolean },
): Promise<Found | ReadRefusal | null> {
  const { log } = replica
  const end = replica.latest(options)
  if (typeof end !== 'number') return end
  switch (timestamp) {
    case latest:
      return { offset: end, timestamp: -1, epoch: replica.epoch }
    case earliest:
    case earliestLocal: {
      const offset = log.logStartOffset
      return { offset, timestamp: -1, epoch: await servedEpochAt(replica, offset) }
    }
    case maxTimestamp:
      return log.offsetOfMaxTimestamp(end)
    case latestTiered:
    case earliestPendingUpload:
      // Nothing is ever uploaded, so there is no such offset.
      return { offset: -1, timestamp: -1, epoch: -1 }
    default:
      return log.offsetForTimestamp(timestamp, end)
  }
}
