import { createPartitions } from '../kafka/schema/create-partitions.ts'
import { createTopics } from '../kafka/schema/create-topics.ts'
import { deleteRecords } from '../kafka/schema/delete-records.ts'
import { deleteTopics } from '../kafka/schema/delete-topics.ts'
import { type Cancellable, type KafkaClient } from './kafka-client.ts'
import { check } from './kafka-error.ts'

const topicAlreadyExists = 36
const unknownTopicOrPartition = 3

export interface NewTopic {
  readonly name: string
  /** -1: the broker's default. */
  readonly partitions?: number
  /** -1: the broker's default. */
  readonly replicationFactor?: number
  readonly configs?: Readonly<Record<string, string>>
}

/** Makes a topic. A repeat that was asked because the first answer got lost is no error. */
export async function createTopic(
  client: KafkaClient,
  topic: NewTopic,
  options: Cancellable & { validateOnly?: boolean } = {},
): Promise<void> {
  const configs = Object.entries(topic.configs ?? {}).map(([name, value]) => ({ name, value }))
  const body = {
    topics: [
      {
        name: topic.name,
        numPartitions: topic.partitions ?? -1,
        replicationFactor: topic.replicationFactor ?? -1,
        configs,
      },
    ],
    timeoutMs: client.requestTimeoutMs,
    validateOnly: options.validateOnly ?? false,
  }
  let unanswered = false
  await client.retry(async () => {
    const repeated = unanswered
    unanswered = true
    const answer = await client.call(createTopics, body, { to: 'controller', signal: options.signal })
    const result = answer.topics[0]
    unanswered = result === undefined
    if (repeated && result?.errorCode === topicAlreadyExists) return
    check(result?.errorCode ?? -1, `making topic ${topic.name}`, result?.errorMessage)
  }, options)
  client.forget()
}

export async function deleteTopic(client: KafkaClient, name: string, options: Cancellable = {}): Promise<void> {
  const body = (version: number) => ({
    ...(version < 6 ? { topicNames: [name] } : { topics: [{ name }] }),
    timeoutMs: client.requestTimeoutMs,
  })
  let unanswered = false
  await client.retry(async () => {
    const repeated = unanswered
    unanswered = true
    const answer = await client.call(deleteTopics, body, { to: 'controller', signal: options.signal })
    const result = answer.responses[0]
    unanswered = result === undefined
    if (repeated && result?.errorCode === unknownTopicOrPartition) return
    // A topic that is not there may not be known yet to the broker; but asking again would hide a typing error for long.
    if (result?.errorCode === unknownTopicOrPartition) throw new UnknownTopic(name)
    check(result?.errorCode ?? -1, `deleting topic ${name}`, result?.errorMessage)
  }, options)
  client.forget()
}

/** There is no topic of that name. */
class UnknownTopic extends Error {
  constructor(name: string) {
    super(`there is no topic ${name}`)
    this.name = 'UnknownTopic'
  }
}

/** Raises the number of partitions to `count`. */
export async function addPartitions(
  client: KafkaClient,
  topic: string,
  count: number,
  options: Cancellable = {},
): Promise<void> {
  const body = { topics: [{ name: topic, count, assignments: null }], timeoutMs: client.requestTimeoutMs }
  await client.retry(async () => {
    const answer = await client.call(createPartitions, body, { to: 'controller', signal: options.signal })
    const result = answer.results[0]
    check(result?.errorCode ?? -1, `adding partitions to topic ${topic}`, result?.errorMessage)
  }, options)
  client.forget()
}

/** Moves a partition's log start offset up to `offset` (-1: its end). Gives the new one. */
export async function deleteRecordsBelow(
  client: KafkaClient,
  at: { readonly topic: string; readonly partition: number; readonly offset: number },
  options: Cancellable = {},
): Promise<number> {
  const { topic, partition, offset } = at
  const body = {
    topics: [{ name: topic, partitions: [{ partitionIndex: partition, offset }] }],
    timeoutMs: client.requestTimeoutMs,
  }
  return client.retry(async () => {
    const { leader } = await client.leaderOf(topic, partition, options)
    const answer = await client.call(deleteRecords, body, { to: leader, signal: options.signal })
    const result = answer.topics[0]?.partitions[0]
    check(result?.errorCode ?? -1, `deleting records of ${topic}-${partition}`)
    return result?.lowWatermark ?? -1
  }, options)
}
