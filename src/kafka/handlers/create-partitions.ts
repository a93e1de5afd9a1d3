import type { Broker } from '../../broker/broker.ts'
import { refusedTopicErrors } from '../controller-errors.ts'
import { kafkaErrors } from '../errors.ts'
import { handler } from '../handler.ts'
import { createPartitions } from '../schema/create-partitions.ts'
import { unavailable, unlessUnavailable } from '../unless-unavailable.ts'

/** Adds partitions to topics. Versions 0 to 3; v2 is flexible. */
export const createPartitionsHandler = (broker: Broker) =>
  handler(createPartitions, async (request) => {
    const answers = await unlessUnavailable(
      broker.coordinator.submit('createPartitions', {
        topics: request.topics.map(({ name, count, assignments }) => ({
          name,
          count,
          assignment: assignments === null ? null : assignments.map(({ brokerIds }) => brokerIds),
        })),
        validateOnly: request.validateOnly,
      }),
    )
    if (answers === null) return { results: request.topics.map(({ name }) => ({ name, ...unavailable })) }
    return {
      results: answers.map(({ name, outcome }) =>
        outcome.code === 'created'
          ? { name, errorCode: kafkaErrors.NONE.code, errorMessage: null }
          : { name, errorCode: refusedTopicErrors[outcome.code], errorMessage: outcome.message },
      ),
    }
  })
