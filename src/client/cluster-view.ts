import type { ResponseOf } from '../codec/api.ts'
import type { metadata } from '../kafka/schema/metadata.ts'
import type { BrokerAddress } from './broker-connection.ts'

export interface PartitionView {
  readonly partition: number
  /** Id of the leading broker; -1: nobody leads. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
  readonly errorCode: number
}

export interface TopicView {
  readonly name: string
  readonly topicId: string
  readonly errorCode: number
  readonly internal: boolean
  /** By number, from 0. */
  readonly partitions: readonly PartitionView[]
}

export interface BrokerView extends BrokerAddress {
  readonly id: number
  readonly rack: string | null
}

/** What a broker told about the cluster. */
export interface ClusterView {
  readonly clusterId: string | null
  readonly controller: number
  readonly brokers: readonly BrokerView[]
  readonly topics: readonly TopicView[]
}

export function clusterViewOf(answer: ResponseOf<typeof metadata>): ClusterView {
  return {
    clusterId: answer.clusterId,
    controller: answer.controllerId,
    brokers: answer.brokers.map(({ nodeId, host, port, rack }) => ({ id: nodeId, host, port, rack })),
    topics: answer.topics.map((topic) => ({
      name: topic.name ?? '',
      topicId: topic.topicId,
      errorCode: topic.errorCode,
      internal: topic.isInternal,
      partitions: topic.partitions
        .map((partition) => ({
          partition: partition.partitionIndex,
          leader: partition.leaderId,
          leaderEpoch: partition.leaderEpoch,
          replicas: partition.replicaNodes,
          inSync: partition.isrNodes,
          errorCode: partition.errorCode,
        }))
        .sort((a, b) => a.partition - b.partition),
    })),
  }
}
