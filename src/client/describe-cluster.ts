import { describeCluster } from '../kafka/schema/describe-cluster.ts'
import { describeQuorum } from '../kafka/schema/describe-quorum.ts'
import { describeTopicPartitions } from '../kafka/schema/describe-topic-partitions.ts'
import type { ResponseOf } from '../codec/api.ts'
import { metadataTopicName } from '../metadata/topic-name.ts'
import type { Cancellable, KafkaClient } from './kafka-client.ts'
import { check } from './kafka-error.ts'

const brokersEndpoint = 1
const partitionsAtOnce = 2_000

/** The brokers of the cluster, those that are registered and not alive included where the broker can tell. */
export function describeBrokers(
  client: KafkaClient,
  options: Cancellable = {},
): Promise<ResponseOf<typeof describeCluster>> {
  const body = (version: number) => ({
    includeClusterAuthorizedOperations: false,
    ...(version >= 1 ? { endpointType: brokersEndpoint } : {}),
    ...(version >= 2 ? { includeFencedBrokers: true } : {}),
  })
  return client.retry(async () => {
    const answer = await client.call(describeCluster, body, { to: 'any', signal: options.signal })
    check(answer.errorCode, 'describing the cluster', answer.errorMessage)
    return answer
  }, options)
}

export type QuorumView = ResponseOf<typeof describeQuorum>['topics'][number]['partitions'][number]

/** Who votes in the metadata log, who leads it, and how far each is. */
export function describeMetadataQuorum(client: KafkaClient, options: Cancellable = {}): Promise<QuorumView> {
  const body = { topics: [{ topicName: metadataTopicName, partitions: [{ partitionIndex: 0 }] }] }
  return client.retry(async () => {
    const answer = await client.call(describeQuorum, body, { to: 'any', signal: options.signal })
    check(answer.errorCode, 'describing the metadata quorum', answer.errorMessage)
    const partition = answer.topics[0]?.partitions[0]
    check(partition?.errorCode ?? -1, 'describing the metadata quorum', partition?.errorMessage)
    return partition as QuorumView
  }, options)
}

export type DescribedPartition = ResponseOf<typeof describeTopicPartitions>['topics'][number]['partitions'][number]

/** The partitions of a topic, with the replicas that are not in sync and may lead all the same (KIP-966). */
export async function describePartitions(
  client: KafkaClient,
  topic: string,
  options: Cancellable = {},
): Promise<readonly DescribedPartition[]> {
  const partitions: DescribedPartition[] = []
  let partitionIndex: number | null = 0
  while (partitionIndex !== null) {
    const cursor = partitionIndex === 0 ? null : { topicName: topic, partitionIndex }
    const body = { topics: [{ name: topic }], responsePartitionLimit: partitionsAtOnce, cursor }
    const answer: ResponseOf<typeof describeTopicPartitions> = await client.retry(async () => {
      const given = await client.call(describeTopicPartitions, body, { to: 'any', signal: options.signal })
      check(given.topics[0]?.errorCode ?? -1, `the partitions of topic ${topic}`)
      return given
    }, options)
    partitions.push(...(answer.topics[0]?.partitions ?? []))
    partitionIndex = answer.nextCursor?.partitionIndex ?? null
  }
  return partitions
}
