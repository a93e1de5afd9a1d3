import type { BrokerConnection } from '../../src/client/broker-connection.ts'
import { check } from '../../src/client/kafka-error.ts'
import { createTopics } from '../../src/kafka/schema/create-topics.ts'
import { produce } from '../../src/kafka/schema/produce.ts'
import { buildBatch } from '../../src/record/batch-builder.ts'

const requestMs = 60_000
const batchBytes = 900_000
/** Twice what the broker keeps of the newest records, so that the oldest half is surely read from disk. */
const batchesEach = 20
const bigPartitions = 16

/** Makes a topic of so many partitions; its id. */
export async function makeTopic(connection: BrokerConnection, name: string, numPartitions: number): Promise<string> {
  const body = { topics: [{ name, numPartitions, replicationFactor: 1 }], timeoutMs: requestMs }
  const answer = await connection.call(createTopics, body, { timeoutMs: requestMs })
  check(answer.topics[0]?.errorCode ?? -1, `making topic ${name}`, answer.topics[0]?.errorMessage)
  return answer.topics[0]?.topicId ?? ''
}

/** Writes records; the offset of the first. */
export async function write(
  connection: BrokerConnection,
  to: { topicId: string; index: number },
  value: Buffer,
): Promise<number> {
  const records = buildBatch([{ timestamp: Date.now(), value }])
  const topicData = [{ topicId: to.topicId, partitionData: [{ index: to.index, records: [records] }] }]
  const answer = await connection.call(produce, { acks: -1, timeoutMs: requestMs, topicData }, { timeoutMs: requestMs })
  const partition = answer.responses[0]?.partitionResponses[0]
  check(partition?.errorCode ?? -1, 'writing')
  return partition?.baseOffset ?? -1
}

/** The big topic, filled partition by partition. */
export async function makeBig(connection: BrokerConnection): Promise<{ id: string; partitions: number }> {
  const id = await makeTopic(connection, 'big', bigPartitions)
  const value = Buffer.alloc(batchBytes, 'x')
  for (let index = 0; index < bigPartitions; index++) {
    for (let nth = 0; nth < batchesEach; nth++) await write(connection, { topicId: id, index }, value)
  }
  return { id, partitions: bigPartitions }
}
