import type { BrokerId } from '../../replication/replica-id.ts'
import type { PartitionImage } from '../image.ts'
import { ledBy } from '../partition-state.ts'
import type { Decision, DecisionContext } from './decision.ts'
import { partitionChange } from './partition-changes.ts'

/** The primary of a partition with fixed roles asks that a replica lead it, on the state that it knows. */
export interface SeatLeader {
  /** The primary, and this process of it. */
  readonly brokerId: BrokerId
  readonly incarnation: string
  readonly topicId: string
  readonly partition: number
  readonly partitionEpoch: number
  /** Itself; or a backup, from which it gets back what it has lost. */
  readonly leader: BrokerId
}

/** Nobody but the living primary is heard: a backup leads only for its sake, and takes no writes. */
export function seatLeader(
  { image, rulesOf }: DecisionContext,
  request: SeatLeader,
): Decision<{ readonly seated: boolean }> {
  const { brokerId, incarnation, leader } = request
  const topic = image.topicById(request.topicId)
  const partition = topic?.partitions[request.partition]
  const isHeard =
    topic !== null &&
    partition !== undefined &&
    rulesOf(topic.name).elect === 'fixed' &&
    partition.replicas[0] === brokerId &&
    partition.partitionEpoch === request.partitionEpoch &&
    image.brokers.get(brokerId)?.incarnation === incarnation &&
    image.isAlive(brokerId) &&
    image.isAlive(leader) &&
    partition.replicas.includes(leader)
  if (!isHeard) return { records: [], answer: { seated: false } }
  const led = ledBy(partition, leader)
  // Whoever leads for the primary only hands over what it has.
  const state = leader === brokerId ? { ...led, ...wholeCopy(partition, brokerId) } : led
  return { records: [partitionChange(topic.id, partition, state)], answer: { seated: true } }
}

/** With what it leads its copy is the one that counts; a promotion has come to its end. */
function wholeCopy({ replicas, inSync }: PartitionImage, primary: BrokerId) {
  return { inSync: replicas.filter((broker) => broker === primary || inSync.includes(broker)), eligible: [] }
}
