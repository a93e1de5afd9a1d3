import type { LeaderEpoch } from '../../record/offset.ts'
import type { ReplicaId } from '../../replication/replica-id.ts'
import type { Decision, DecisionContext } from './decision.ts'
import { partitionChange } from './partition-changes.ts'

/** The leader of a group that elects it itself tells which replicas the group has, as its log has committed. */
export interface MirrorVoters {
  readonly topicId: string
  readonly partition: number
  readonly leaderEpoch: LeaderEpoch
  /** Voters, and whoever is about to be one. */
  readonly replicas: readonly ReplicaId[]
}

/** The image only tells clients and brokers of it: the highest epoch wins, and nothing is decided by it. */
export function mirrorVoters({ image, rulesOf }: DecisionContext, request: MirrorVoters): Decision<void> {
  const nothing = { records: [], answer: undefined }
  const topic = image.topicById(request.topicId)
  const partition = topic?.partitions[request.partition]
  if (topic === null || partition === undefined || rulesOf(topic.name).elect !== 'self') return nothing
  const { leaderEpoch, replicas: told } = request
  if (leaderEpoch < partition.leaderEpoch) return nothing
  // Those that were there before stay where they stand: the first is preferred.
  const kept = partition.replicas.filter((broker) => told.some((replica) => replica.broker === broker))
  const added = told.map(({ broker }) => broker).filter((broker) => !kept.includes(broker))
  const replicas = [...kept, ...added]
  const directories = replicas.map((broker) => told.find((replica) => replica.broker === broker)?.directory ?? '')
  const isSame = replicas.join() === partition.replicas.join() && directories.join() === partition.directories.join()
  if (isSame) return nothing
  const state = { ...partition, replicas, directories, inSync: replicas, eligible: [], leaderEpoch }
  return { records: [partitionChange(topic.id, partition, state)], answer: undefined }
}
