import type { BrokerId } from '../../replication/replica-id.ts'
import type { ClusterImage, PartitionImage, TopicImage } from '../image.ts'
import { type StateRules, withoutCopy } from '../partition-state.ts'
import type { Decision, DecisionContext, Refused } from './decision.ts'
import { partitionChange } from './partition-changes.ts'

/** One replica more, or one less, of a partition whose leader the image decides on. */
export interface ChangeReplicas {
  readonly topicId: string
  readonly partition: number
  readonly do: 'add' | 'remove'
  readonly broker: BrokerId
  /** Backups without which a partition with fixed roles acknowledges nothing. */
  readonly syncBackups: number
}

type Answer =
  | { readonly code: 'changed' | 'already' }
  | Refused<'unknown-partition' | 'unknown-broker' | 'not-possible'>

/**
 * An added replica follows, and is in sync (or, where roles are fixed, counts in promotions) once it has caught up. One that is
 * removed hands over what it leads to another that is in sync.
 */
export function changeReplicas({ image, rulesOf }: DecisionContext, request: ChangeReplicas): Decision<Answer> {
  const { broker } = request
  const topic = image.topicById(request.topicId)
  const partition = topic?.partitions[request.partition]
  const refuse = (code: Refused<string>['code'], message: string) =>
    ({ records: [], answer: { code, message } }) as Decision<Answer>
  if (topic === null || partition === undefined) return refuse('unknown-partition', 'there is no such partition')
  const { elect, minInSyncReplicas } = rulesOf(topic.name)
  if (elect === 'self')
    return refuse('not-possible', 'its replicas elect their leader themselves: that one is to be asked')
  if (partition.moving !== null)
    return refuse(
      'not-possible',
      'a reassignment of its replicas is under way: it is to end, or to be called off, first',
    )
  const isReplica = partition.replicas.includes(broker)
  if (isReplica === (request.do === 'add')) return { records: [], answer: { code: 'already' } }
  if (request.do === 'add') {
    const directory = image.brokers.get(broker)?.directoryId
    if (directory === undefined) return refuse('unknown-broker', `broker ${broker} is not registered`)
    return changed(topic, partition, withReplica(partition, broker, directory))
  }
  const rules = { elect, minInSyncReplicas, isAlive: (each: BrokerId) => each !== broker && image.isAlive(each) }
  const fault = removalFault(image, partition, { ...request, ...rules })
  if (fault !== null) return refuse('not-possible', fault)
  return changed(topic, partition, withoutReplica(partition, broker, rules))
}

function changed(topic: TopicImage, before: PartitionImage, state: PartitionImage): Decision<Answer> {
  return { records: [partitionChange(topic.id, before, state)], answer: { code: 'changed' } }
}

function withReplica(partition: PartitionImage, broker: BrokerId, directory: string): PartitionImage {
  const { replicas, directories } = partition
  return { ...partition, replicas: [...replicas, broker], directories: [...directories, directory] }
}

function withoutReplica(partition: PartitionImage, broker: BrokerId, rules: StateRules): PartitionImage {
  const left = { ...partition, ...withoutCopy(partition, broker, rules) }
  const at = left.replicas.indexOf(broker)
  return { ...left, replicas: left.replicas.toSpliced(at, 1), directories: left.directories.toSpliced(at, 1) }
}

/** Why the replica has to stay; null: it may go. What it alone has in sync would be lost with it. */
function removalFault(
  image: ClusterImage,
  { replicas, inSync, eligible }: PartitionImage,
  { broker, elect, syncBackups, minInSyncReplicas }: ChangeReplicas & Pick<StateRules, 'elect' | 'minInSyncReplicas'>,
): string | null {
  if (replicas.length === 1) return `broker ${broker} has the only replica`
  if (elect === 'fixed') {
    if (replicas[0] === broker) return `broker ${broker} is the primary: promote another one first`
    if (eligible.includes(broker)) return `broker ${broker} is part of a promotion that is under way`
    const left = replicas.length - 2
    return left < syncBackups
      ? `${left} backups would be left, and ${syncBackups} must have what is acknowledged`
      : null
  }
  const left = inSync.filter((member) => member !== broker)
  const required = Math.min(minInSyncReplicas, replicas.length - 1)
  if (left.length < required) return `${left.length} replicas would be left in sync, and ${required} are required`
  return left.some((member) => image.isAlive(member)) ? null : 'no other replica in sync is alive'
}
