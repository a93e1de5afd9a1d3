import type { LeaderEpoch } from '../../record/offset.ts'
import type { BrokerId } from '../../replication/replica-id.ts'
import { withInSync, withWholeCopies } from '../partition-state.ts'
import { movedIfDone } from '../moving-replicas.ts'
import type { MetadataRecord } from '../records.ts'
import type { Decision, DecisionContext } from './decision.ts'
import { partitionChange } from './partition-changes.ts'

/** An in-sync set that the leader of a partition proposes, on the state that it knows. */
export interface ProposedInSync {
  readonly topicId: string
  readonly partition: number
  readonly leaderEpoch: LeaderEpoch
  readonly partitionEpoch: number
  /** `incarnation` null: the member is in the set already. */
  readonly members: readonly { readonly broker: BrokerId; readonly incarnation: string | null }[]
}

export interface AlterInSync {
  /** The leader of them all. */
  readonly brokerId: BrokerId
  readonly partitions: readonly ProposedInSync[]
}

export type AlterInSyncOutcome = 'altered' | 'unknown-partition' | 'not-leader' | 'stale-epoch' | 'ineligible-replica'

/** Of each partition, in the order of the request. All but `altered` have changed nothing. */
export type AlterInSyncAnswer = readonly AlterInSyncOutcome[]

/**
 * Changes in-sync sets by compare-and-set: only on the very state that the leader knew (KIP-497). Who joins has to be
 * alive as the process that fetched: a broker that was started since may have lost what that one had (KIP-903).
 */
export function alterInSync(context: DecisionContext, request: AlterInSync): Decision<AlterInSyncAnswer> {
  const records: MetadataRecord[] = []
  const answer = request.partitions.map((proposed) => alter(context, request.brokerId, proposed, records))
  return { records, answer }
}

function alter(
  { image, rulesOf }: DecisionContext,
  leader: BrokerId,
  proposed: ProposedInSync,
  records: MetadataRecord[],
): AlterInSyncOutcome {
  const topic = image.topicById(proposed.topicId)
  const partition = topic?.partitions[proposed.partition]
  if (topic === null || partition === undefined) return 'unknown-partition'
  if (partition.leader !== leader || partition.leaderEpoch !== proposed.leaderEpoch) return 'not-leader'
  if (partition.partitionEpoch !== proposed.partitionEpoch) return 'stale-epoch'
  const members = proposed.members.map(({ broker }) => broker)
  const areFit = proposed.members.every(({ broker, incarnation }) => {
    if (!partition.replicas.includes(broker)) return false
    if (partition.inSync.includes(broker)) return true
    // On another folder, or given up by its broker, it is not the copy that the partition knows.
    const isKnown = partition.directories[partition.replicas.indexOf(broker)] === image.brokers.get(broker)?.directoryId
    return isKnown && image.isAlive(broker) && image.brokers.get(broker)?.incarnation === incarnation
  })
  if (!areFit || !members.includes(leader)) return 'ineligible-replica'
  const rules = { ...rulesOf(topic.name), isAlive: (broker: BrokerId) => image.isAlive(broker) }
  const state =
    rules.elect === 'fixed'
      ? withWholeCopies(partition, members)
      : movedIfDone(withInSync(partition, members, rules), rules)
  records.push(partitionChange(topic.id, partition, state))
  return 'altered'
}
