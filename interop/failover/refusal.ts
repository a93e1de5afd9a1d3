import type { KafkaClient } from '../../src/client/kafka-client.ts'
import { BrokerUnreachable, KafkaError } from '../../src/client/kafka-error.ts'
import { createTopics } from '../../src/kafka/schema/create-topics.ts'
import { metadata } from '../../src/kafka/schema/metadata.ts'
import { produce } from '../../src/kafka/schema/produce.ts'
import { buildBatch } from '../../src/record/batch-builder.ts'

/** How a broker refused something: Kafka's name of the error, and whether clients try again on it. */
export interface Refusal {
  readonly name: string
  readonly isRetriable: boolean
}

const brokerMs = 2_000
const answerMs = 10_000

/** Writes a record that loads pass over (its number is negative) to a partition, at that broker, with acks=all. Null: it was taken. */
export async function refusedWrite(
  client: KafkaClient,
  { broker, topic, partition }: { broker: number; topic: string; partition: number },
): Promise<Refusal | null> {
  const value = Buffer.alloc(4)
  value.writeInt32BE(-1)
  const asked = { topics: [{ name: topic }], allowAutoTopicCreation: false }
  return refusal(async () => {
    const told = await client.call(metadata, asked, { to: broker, timeoutMs: answerMs })
    const records = [buildBatch([{ timestamp: Date.now(), value }])]
    const topicData = [{ topicId: told.topics[0]?.topicId ?? '', partitionData: [{ index: partition, records }] }]
    const body = { acks: -1, timeoutMs: brokerMs, topicData }
    const answer = await client.call(produce, body, { to: broker, timeoutMs: answerMs })
    return answer.responses[0]?.partitionResponses[0]?.errorCode ?? -1
  })
}

/** Asks that broker for a new topic. Null: it was made. */
export function refusedTopic(client: KafkaClient, broker: number, name: string): Promise<Refusal | null> {
  const topics = [{ name, numPartitions: 1, replicationFactor: 3, configs: [] }]
  return refusal(async () => {
    const body = { topics, timeoutMs: brokerMs, validateOnly: false }
    const answer = await client.call(createTopics, body, { to: broker, timeoutMs: answerMs })
    return answer.topics[0]?.errorCode ?? -1
  })
}

async function refusal(ask: () => Promise<number>): Promise<Refusal | null> {
  try {
    const code = await ask()
    if (code === 0) return null
    throw new KafkaError(code, 'asking')
  } catch (error) {
    if (error instanceof KafkaError) return { name: error.codeName, isRetriable: error.cure !== 'give-up' }
    if (error instanceof BrokerUnreachable) return { name: `no answer (${error.code})`, isRetriable: false }
    throw error
  }
}
