import { listOffsets } from '../kafka/schema/list-offsets.ts'
import type { Cancellable, KafkaClient } from './kafka-client.ts'
import { KafkaError } from './kafka-error.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** `latest`: the high watermark. A number: the first record of that time (ms since 1970) or later. */
export type OffsetQuery = 'earliest' | 'latest' | 'max-timestamp' | number

export interface FoundOffset extends TopicPartition {
  /** -1: no record is that late. */
  readonly offset: number
  /** -1: the query was not for a time. */
  readonly timestamp: number
}

const timestampOf = { latest: -1, earliest: -2, 'max-timestamp': -3 } as const

/** Looks offsets up at the leaders of the partitions, in the order that was asked. */
export async function findOffsets(
  client: KafkaClient,
  queries: readonly (TopicPartition & { readonly at: OffsetQuery })[],
  options: Cancellable & { readCommitted?: boolean } = {},
): Promise<FoundOffset[]> {
  const found = new Map<string, FoundOffset>()
  await client.retry(async () => {
    const missing = queries.filter((query) => !found.has(keyOf(query)))
    const byLeader = new Map<number, typeof missing>()
    for (const query of missing) {
      const { leader } = await client.leaderOf(query.topic, query.partition, options)
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), query])
    }
    await Promise.all(
      [...byLeader].map(async ([leader, mine]) => {
        for (const offset of await ask(client, leader, mine, options)) found.set(keyOf(offset), offset)
      }),
    )
  }, options)
  return queries.map((query) => found.get(keyOf(query)) as FoundOffset)
}

async function ask(
  client: KafkaClient,
  leader: number,
  queries: readonly (TopicPartition & { readonly at: OffsetQuery })[],
  options: Cancellable & { readCommitted?: boolean },
): Promise<FoundOffset[]> {
  const topics = byTopic(queries)
  const body = {
    replicaId: -1,
    isolationLevel: options.readCommitted ? 1 : 0,
    topics: [...topics].map(([name, mine]) => ({
      name,
      partitions: mine.map(({ partition, at }) => ({
        partitionIndex: partition,
        timestamp: typeof at === 'number' ? at : timestampOf[at],
      })),
    })),
    timeoutMs: client.requestTimeoutMs,
  }
  const answer = await client.call(listOffsets, body, { to: leader, signal: options.signal })
  return answer.topics.flatMap(({ name: topic, partitions }) =>
    partitions.map(({ partitionIndex: partition, errorCode, offset, timestamp }) => {
      if (errorCode !== 0) throw new KafkaError(errorCode, `offsets of ${topic}-${partition}`)
      return { topic, partition, offset, timestamp }
    }),
  )
}

/** In the order of first appearance. */
export function byTopic<T extends TopicPartition>(items: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(item.topic)
    if (group === undefined) groups.set(item.topic, [item])
    else group.push(item)
  }
  return groups
}

export function keyOf(at: TopicPartition): string {
  return `${at.topic}-${at.partition}`
}
