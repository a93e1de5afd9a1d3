import type { BrokerConnection } from '../../src/client/broker-connection.ts'
import { check } from '../../src/client/kafka-error.ts'
import { createTopics } from '../../src/kafka/schema/create-topics.ts'
import { produce } from '../../src/kafka/schema/produce.ts'
import { buildBatch } from '../../src/record/batch-builder.ts'

/** A topic of the load. All of its partitions are led by the one broker. */
export interface ManyPartitions {
  readonly name: string
  readonly id: string
  readonly partitions: number
}

const partitionsPerTopic = 1_000
const requestMs = 120_000
const recordBytes = 100

/** Makes topics until there are `count` partitions, one request each, as a tool would send them. */
export async function makePartitions(connection: BrokerConnection, count: number): Promise<ManyPartitions[]> {
  const topics: ManyPartitions[] = []
  for (let left = count; left > 0; left -= partitionsPerTopic) {
    const name = `scale-${topics.length}`
    const numPartitions = Math.min(left, partitionsPerTopic)
    const body = { topics: [{ name, numPartitions, replicationFactor: 1 }], timeoutMs: requestMs }
    const answer = await connection.call(createTopics, body, { timeoutMs: requestMs })
    const made = answer.topics[0]
    check(made?.errorCode ?? -1, `making topic ${name}`, made?.errorMessage)
    topics.push({ name, id: made?.topicId ?? '', partitions: numPartitions })
  }
  return topics
}

/** What one partition gets at a time. */
export function oneBatch(): Buffer {
  return buildBatch([{ timestamp: Date.now(), value: Buffer.alloc(recordBytes, 'x') }])
}

/** Writes one batch to every partition, acknowledged by `acks=all`. */
export async function writeToAll(connection: BrokerConnection, topics: readonly ManyPartitions[]): Promise<void> {
  const records = oneBatch()
  for (const { name, id, partitions } of topics) {
    const partitionData = Array.from({ length: partitions }, (_, index) => ({ index, records: [records] }))
    const body = { acks: -1, timeoutMs: requestMs, topicData: [{ topicId: id, partitionData }] }
    const answer = await connection.call(produce, body, { timeoutMs: requestMs })
    for (const { errorCode } of answer.responses[0]?.partitionResponses ?? []) check(errorCode, `writing to ${name}`)
  }
}
