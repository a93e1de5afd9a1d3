import type { BrokerId } from '../../replication/replica-id.ts'
import type { ClusterImage } from '../image.ts'
import type { MetadataRecord } from '../records.ts'
import type { TopicRules } from './decision.ts'

/** Partitions that one request may make, as in Kafka: its records are one batch, and its answer waits for as many logs. */
export const newPartitionsMax = 10_000

/** A broker that may get replicas, and the rack that it stands in; null: in none that is known of. */
export interface PlacedBroker {
  readonly id: BrokerId
  readonly rack: string | null
}

/**
 * Deals replicas round robin over the racks, and over the brokers within each: partition p's replicas are in `replicationFactor`
 * racks in a row (as many as there are racks, then in each a second time), beginning one further than those of partition p-1, so that leaders and load
 * spread evenly, and no rack has a second replica of a partition before all have one. Without racks all brokers are in one.
 */
export function placeReplicas(placement: {
  brokers: readonly PlacedBroker[]
  partitions: number
  replicationFactor: number
  /** Where the first one begins, so that small topics do not all start at one broker. */
  start: number
}): BrokerId[][] {
  const { brokers, partitions, replicationFactor, start } = placement
  const racks = racksOf(brokers)
  return Array.from({ length: partitions }, (_, partition) => {
    const replicas: BrokerId[] = []
    for (let nth = 0; replicas.length < Math.min(replicationFactor, brokers.length); nth++) {
      const rack = racks[(start + partition + nth) % racks.length] as PlacedBroker[]
      const round = Math.floor((start + partition) / racks.length) + Math.floor(nth / racks.length)
      const { id } = rack[round % rack.length] as PlacedBroker
      // A small rack has had all of its brokers.
      if (!replicas.includes(id)) replicas.push(id)
    }
    return replicas
  })
}

function racksOf(brokers: readonly PlacedBroker[]): PlacedBroker[][] {
  const racks = new Map<string | null, PlacedBroker[]>()
  for (const broker of brokers) {
    const rack = racks.get(broker.rack)
    if (rack === undefined) racks.set(broker.rack, [broker])
    else rack.push(broker)
  }
  return [...racks.values()]
}

/** Where new replicas go: to brokers that are alive while there are enough of them, else to others as well. */
export function brokersForReplicas(image: ClusterImage, replicationFactor: number): PlacedBroker[] {
  const { living } = image
  if (living.length >= replicationFactor) return [...living]
  const others = [...image.brokers.values()].filter(({ fenced }) => fenced).sort((a, b) => a.id - b.id)
  return [...living, ...others.slice(0, replicationFactor - living.length)]
}

/**
 * The record of a new partition: every replica that is alive is in sync, the first of them leads in epoch 0. Where the
 * replicas elect their leader themselves all are voters, and nobody leads yet; where roles are fixed the first one leads or nobody.
 */
export function partitionRecord(
  image: ClusterImage,
  partition: {
    topicId: string
    partition: number
    replicas: readonly BrokerId[]
    elect: TopicRules['elect']
    /** Whose commit log it is a queue of; null: it has a log of its own. */
    group?: string | null
  },
): MetadataRecord {
  const { topicId, replicas, elect, group = null } = partition
  const living = replicas.filter((broker) => image.isAlive(broker))
  const leaders = { coordinator: living[0], self: undefined, fixed: living.find((broker) => broker === replicas[0]) }
  return {
    type: 'partition',
    topicId,
    partition: partition.partition,
    replicas: [...replicas],
    directories: replicas.map((broker) => image.brokers.get(broker)?.directoryId ?? ''),
    inSync: elect === 'coordinator' ? living : [...replicas],
    leader: leaders[elect] ?? -1,
    leaderEpoch: 0,
    ...(group === null ? {} : { group }),
  }
}

/** Null, or what is wrong with replicas that the caller has chosen himself. */
export function assignmentFault(image: ClusterImage, assignment: readonly (readonly BrokerId[])[]): string | null {
  const factor = assignment[0]?.length ?? 0
  for (const [partition, replicas] of assignment.entries()) {
    if (replicas.length === 0) return `partition ${partition} has no replicas`
    if (replicas.length !== factor) return 'all partitions must have the same number of replicas'
    if (new Set(replicas).size !== replicas.length) return `partition ${partition} names a broker twice`
    const unknown = replicas.find((broker) => !image.brokers.has(broker))
    if (unknown !== undefined) return `partition ${partition} names broker ${unknown}, which is not registered`
    if (!replicas.some((broker) => image.isAlive(broker))) return `no broker of partition ${partition} is alive`
  }
  return null
}
