import type { LeaderEpoch } from '../../record/offset.ts'
import type { BrokerId } from '../../replication/replica-id.ts'
import type { PartitionImage, TopicImage } from '../image.ts'
import { ledBy, promoted } from '../partition-state.ts'
import type { Decision, DecisionContext, Refused } from './decision.ts'
import { partitionChange } from './partition-changes.ts'

/** A replica of a partition with fixed roles is to be its primary from now on. */
export interface PromoteReplica {
  readonly topicId: string
  readonly partition: number
  readonly broker: BrokerId
}

type Begun =
  | {
      readonly code: 'begun'
      /** The epoch that all are to promise. */
      readonly leaderEpoch: LeaderEpoch
      /** In which order they stood before. */
      readonly before: readonly BrokerId[]
    }
  | { readonly code: 'leads-already'; readonly leaderEpoch: LeaderEpoch }
  | Refused<'unknown-partition' | 'not-fixed' | 'no-replica' | 'broker-away'>

/**
 * Begins a promotion: a new epoch that nobody leads, and the promoted one first. Whoever has this record follows no earlier primary any
 * more; it is on the disk with the metadata log. The promoted one leads once it has asked enough of the others.
 */
export function promoteReplica({ image, rulesOf }: DecisionContext, request: PromoteReplica): Decision<Begun> {
  const { broker } = request
  const topic = image.topicById(request.topicId)
  const partition = topic?.partitions[request.partition]
  const refuse = (code: Refused<string>['code'], message: string) =>
    ({ records: [], answer: { code, message } }) as Decision<Begun>
  if (topic === null || partition === undefined) return refuse('unknown-partition', 'there is no such partition')
  const name = `${topic.name}-${partition.index}`
  if (rulesOf(topic.name).elect !== 'fixed') return refuse('not-fixed', `${name} elects its leaders: it has no primary`)
  if (!partition.replicas.includes(broker)) return refuse('no-replica', `broker ${broker} has no replica of ${name}`)
  if (!image.isAlive(broker)) return refuse('broker-away', `broker ${broker} is away`)
  const { leader, leaderEpoch, replicas } = partition
  if (leader === broker && replicas[0] === broker)
    return { records: [], answer: { code: 'leads-already', leaderEpoch } }
  const state = promoted(partition, broker)
  const answer = { code: 'begun', leaderEpoch: state.leaderEpoch, before: replicas } as const
  return { records: [partitionChange(topic.id, partition, state)], answer }
}

/** A promotion has not come to anything: the replicas stand as before, and the earlier primary gets a new epoch when it asks. */
export interface WithdrawPromotion extends PromoteReplica {
  readonly leaderEpoch: LeaderEpoch
  readonly before: readonly BrokerId[]
}

/** Nothing happens where somebody leads by now, or another promotion has begun. */
export function withdrawPromotion(
  { image }: DecisionContext,
  request: WithdrawPromotion,
): Decision<{ readonly withdrawn: boolean }> {
  const { broker, leaderEpoch, before } = request
  const topic = image.topicById(request.topicId)
  const partition = topic?.partitions[request.partition]
  const isOpen =
    partition !== undefined &&
    partition.leader === -1 &&
    partition.leaderEpoch === leaderEpoch &&
    partition.eligible[0] === broker &&
    before.length === partition.replicas.length &&
    before.every((one) => partition.replicas.includes(one))
  if (!isOpen) return { records: [], answer: { withdrawn: false } }
  const state = { ...ledBy(partition, -1), ...inOrder(partition, before), eligible: [] }
  return { records: [partitionChange((topic as TopicImage).id, partition, state)], answer: { withdrawn: true } }
}

function inOrder(partition: PartitionImage, replicas: readonly BrokerId[]) {
  const directories = replicas.map((broker) => partition.directories[partition.replicas.indexOf(broker)] as string)
  return { replicas, directories }
}
