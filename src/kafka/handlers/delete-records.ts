import type { Broker } from '../../broker/broker.ts'
import { isInternalTopic } from '../../metadata/topic-name.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { refusalErrors } from '../refusal-errors.ts'
import { deleteRecords } from '../schema/delete-records.ts'

/** Moves the log start; -1 means all that is committed. Versions 0 to 2; v2 is flexible. */
export const deleteRecordsHandler = (broker: Broker) =>
  handler(deleteRecords, async (request) => ({
    topics: await Promise.all(
      request.topics.map(async ({ name, partitions }) => ({
        name,
        partitions: await Promise.all(
          partitions.map(async ({ partitionIndex, offset }) => {
            const outcome = await deleteBefore(broker, {
              ...{ topic: name, partition: partitionIndex, offset },
              timeoutMs: request.timeoutMs,
            })
            if (typeof outcome === 'object') return { partitionIndex, lowWatermark: outcome.lowWatermark, errorCode: 0 }
            return { partitionIndex, lowWatermark: -1, errorCode: outcome }
          }),
        ),
      })),
    ),
  }))

/** The low watermark that was reached, or the code of Kafka's error. */
async function deleteBefore(
  broker: Broker,
  request: { topic: string; partition: number; offset: number; timeoutMs: number },
): Promise<{ lowWatermark: number } | number> {
  if (isInternalTopic(request.topic)) return kafkaErrors.INVALID_TOPIC_EXCEPTION.code
  const replica = broker.servedOf(request.topic, request.partition)
  if (replica === null) return refusalErrors[broker.absenceOf(request.topic, request.partition)]
  const settings = broker.topicConfig(request.topic)
  if (!settings.cleanupPolicy.includes('delete')) return kafkaErrors.POLICY_VIOLATION.code
  const outcome = await broker.deleteBefore(replica, request.offset === -1 ? null : request.offset, request.timeoutMs)
  if (typeof outcome === 'number') return { lowWatermark: outcome }
  return refusalErrors[outcome.code]
}
