import type { Broker } from '../../broker/broker.ts'
import { kafkaErrors } from '../errors.ts'
import { topicNameFault } from '../../metadata/topic-name.ts'
import { handler } from '../handler.ts'
import { describeProducers } from '../schema/describe-producers.ts'

/** The idempotent producers that a partition knows. Version 0. */
export const describeProducersHandler = (broker: Broker) =>
  handler(describeProducers, (request) => ({
    topics: request.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => describe(broker, name, partitionIndex)),
    })),
  }))

function describe(broker: Broker, topic: string, partitionIndex: number) {
  const fault = topicNameFault(topic)
  if (fault !== null) {
    return { partitionIndex, errorCode: kafkaErrors.INVALID_TOPIC_EXCEPTION.code, errorMessage: fault }
  }
  const replica = broker.servedOf(topic, partitionIndex)
  if (replica === null) {
    const { code, message } = kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION
    return { partitionIndex, errorCode: code, errorMessage: message }
  }
  if (!replica.leads) return { partitionIndex, errorCode: kafkaErrors.NOT_LEADER_OR_FOLLOWER.code }
  return {
    partitionIndex,
    errorCode: kafkaErrors.NONE.code,
    activeProducers: replica.log.producers.describe().map((producer) => ({
      producerId: producer.producerId,
      producerEpoch: producer.producerEpoch,
      lastSequence: producer.lastSequence,
      lastTimestamp: producer.lastTimestamp,
      coordinatorEpoch: producer.coordinatorEpoch,
      currentTxnStartOffset: producer.currentTransactionStartOffset,
    })),
  }
}
