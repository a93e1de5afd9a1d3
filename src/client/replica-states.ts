import type { ResponseOf } from '../codec/api.ts'
import { describeReplicas } from '../kafka/schema/own/describe-replicas.ts'
import type { KafkaClient } from './kafka-client.ts'
import { BrokerUnreachable, KafkaError } from './kafka-error.ts'

const unsupportedVersion = 35

/** How far one replica is, told by its own broker. */
export type ReplicaState = ResponseOf<typeof describeReplicas>['topics'][number]['partitions'][number] & {
  readonly broker: number
  readonly topic: string
}

/** How far the replicas of topics are (null: of all); of brokers that cannot be reached, or are none of Trilog's, nothing is known. */
export async function replicaStates(
  client: KafkaClient,
  brokers: readonly number[],
  topics: readonly string[] | null,
): Promise<readonly ReplicaState[]> {
  const body = { topics: topics === null ? null : [...topics] }
  const told = await Promise.all(
    brokers.map(async (broker) => {
      try {
        const answer = await client.call(describeReplicas, body, { to: broker })
        return answer.topics.flatMap(({ name: topic, partitions }) =>
          partitions.map((partition) => ({ broker, topic, ...partition })),
        )
      } catch (error) {
        if (error instanceof BrokerUnreachable) return []
        if (error instanceof KafkaError && error.code === unsupportedVersion) return []
        throw error
      }
    }),
  )
  return told.flat()
}
