import type { BrokerId } from '../../replication/replica-id.ts'
import type { PartitionImage } from '../image.ts'
import { mayBeLedBy, movedIfDone, movingBack, movingTo, replicasBefore } from '../moving-replicas.ts'
import type { StateRules } from '../partition-state.ts'
import type { MetadataRecord } from '../records.ts'
import type { Decision, DecisionContext, Refused } from './decision.ts'
import type { PartitionName } from './elect-leaders.ts'
import { partitionChange } from './partition-changes.ts'

/** Where the replicas of a partition are to be from now on, the preferred leader first; null: what is under way is called off. */
export interface Reassignment extends PartitionName {
  readonly replicas: readonly BrokerId[] | null
}

export interface AlterReassignments {
  readonly partitions: readonly Reassignment[]
  /** False: as many replicas as before, or it is refused. */
  readonly mayResize: boolean
}

export type ReassignmentOutcome =
  | { readonly code: 'reassigned' }
  | Refused<
      'unknown-partition' | 'invalid-assignment' | 'invalid-replication-factor' | 'no-reassignment' | 'not-possible'
    >

export interface ReassignedPartition extends PartitionName {
  readonly outcome: ReassignmentOutcome
}

/**
 * Moves replicas (KIP-455): those that are to come are added and follow, and once they are in sync those that are to go are removed.
 * Only where the coordinator keeps the in-sync set; in the other schemes members change one at a time.
 */
export function alterReassignments(
  context: DecisionContext,
  request: AlterReassignments,
): Decision<readonly ReassignedPartition[]> {
  const records: MetadataRecord[] = []
  const seen = new Set<string>()
  const answer = request.partitions.map((asked): ReassignedPartition => {
    const { topic, partition } = asked
    const key = `${topic}:${partition}`
    const outcome: ReassignmentOutcome = seen.has(key)
      ? { code: 'invalid-assignment', message: `${topic}-${partition} is named twice` }
      : alter(context, asked, request.mayResize, records)
    seen.add(key)
    return { topic, partition, outcome }
  })
  return { records, answer }
}

function alter(
  { image, rulesOf }: DecisionContext,
  { topic: name, partition: index, replicas: target }: Reassignment,
  mayResize: boolean,
  records: MetadataRecord[],
): ReassignmentOutcome {
  const topic = image.topics.get(name)
  const partition = topic?.partitions[index]
  if (topic === undefined || partition === undefined) {
    return { code: 'unknown-partition', message: `there is no partition ${name}-${index}` }
  }
  const { elect, minInSyncReplicas } = rulesOf(name)
  if (elect !== 'coordinator') return { code: 'not-possible', message: otherWay[elect] }
  const rules: StateRules = { elect, minInSyncReplicas, isAlive: (broker) => image.isAlive(broker) }
  if (target === null) {
    const fault = backFault(partition)
    if (fault !== null) return fault
    records.push(partitionChange(topic.id, partition, movingBack(partition, rules)))
    return { code: 'reassigned' }
  }
  const directoryOf = (broker: BrokerId): string => image.brokers.get(broker)?.directoryId ?? ''
  const fault = targetFault(partition, target, { mayResize, isKnown: (broker) => image.brokers.has(broker) })
  if (fault !== null) return fault
  const state = movedIfDone(movingTo(partition, target, { ...rules, directoryOf }), rules)
  records.push(partitionChange(topic.id, partition, state))
  return { code: 'reassigned' }
}

const otherWay = {
  self: 'the replicas of a majority topic change by their own log: one at a time, with trilog replica add and remove',
  fixed:
    'the replicas of a primary-backup topic have roles: they change one at a time, with trilog replica add, promote and remove',
} as const

function backFault(partition: PartitionImage): ReassignmentOutcome | null {
  if (partition.moving === null)
    return { code: 'no-reassignment', message: 'No partition reassignment is in progress.' }
  if (mayBeLedBy(partition, replicasBefore(partition))) return null
  return { code: 'invalid-assignment', message: 'none of the replicas that it had before is in sync' }
}

function targetFault(
  partition: PartitionImage,
  target: readonly BrokerId[],
  { mayResize, isKnown }: { mayResize: boolean; isKnown: (broker: BrokerId) => boolean },
): ReassignmentOutcome | null {
  const invalid = (message: string): ReassignmentOutcome => ({ code: 'invalid-assignment', message })
  if (target.length === 0) return invalid('a partition has at least one replica')
  const twice = target.find((broker, at) => target.indexOf(broker) !== at)
  if (twice !== undefined) return invalid(`broker ${twice} is named twice`)
  const unknown = target.find((broker) => !isKnown(broker))
  if (unknown !== undefined) return invalid(`broker ${unknown} is not registered`)
  const before = replicasBefore(partition)
  if (!mayBeLedBy(partition, [...before, ...target]))
    return invalid('none of the replicas that are left would be in sync')
  if (mayResize || target.length === before.length) return null
  const message = `the replication factor would change from ${before.length} to ${target.length}`
  return { code: 'invalid-replication-factor', message }
}
