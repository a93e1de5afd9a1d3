import type { ClusterImage, PartitionImage, TopicImage } from '../image.ts'
import { ledBy } from '../partition-state.ts'
import type { MetadataRecord } from '../records.ts'
import type { Decision, DecisionContext, Refused } from './decision.ts'
import { partitionChange } from './partition-changes.ts'
import { newPartitionsMax } from './placement.ts'

export interface PartitionName {
  readonly topic: string
  readonly partition: number
}

export interface ElectLeaders {
  /** `preferred`: the first replica, where it may lead; `unclean`: whoever lives, where nobody leads. */
  readonly type: 'preferred' | 'unclean'
  /** Null: all that there are; of these only those are answered for that were to have another leader. */
  readonly partitions: readonly PartitionName[] | null
}

export type ElectionOutcome =
  | { readonly code: 'elected' }
  | Refused<
      | 'election-not-needed'
      | 'preferred-leader-not-available'
      | 'eligible-leaders-not-available'
      | 'unknown-partition'
      | 'too-many-partitions'
    >

export interface ElectedPartition extends PartitionName {
  readonly outcome: ElectionOutcome
}

/**
 * Has partitions led by their first replica again, where that one is in sync and alive: nothing is lost by it, and leaders stand
 * where placement has put them. Whoever leads otherwise goes on doing so.
 */
export function electLeaders(
  context: DecisionContext,
  { type, partitions }: ElectLeaders,
): Decision<readonly ElectedPartition[]> {
  const records: MetadataRecord[] = []
  const answer = (partitions ?? allPartitions(context.image)).map(({ topic, partition }): ElectedPartition => {
    const name = { topic, partition }
    return { ...name, outcome: elect(context, type, name, records) }
  })
  const told = partitions === null ? answer.filter(({ outcome }) => outcome.code !== 'election-not-needed') : answer
  return { records, answer: told }
}

function elect(
  context: DecisionContext,
  type: ElectLeaders['type'],
  { topic: name, partition: index }: PartitionName,
  records: MetadataRecord[],
): ElectionOutcome {
  const holder = context.image.holderOf(name, index)
  if (holder === null) {
    return { code: 'unknown-partition', message: `there is no partition ${name}-${index}` }
  }
  const { topic, partition } = holder
  const { leader, replicas } = partition
  const isNeeded = type === 'preferred' ? leader !== replicas[0] : leader === -1
  const electsItself = context.rulesOf(name).elect === 'self'
  if (!isNeeded && !electsItself)
    return { code: 'election-not-needed', message: `broker ${leader} leads ${name}-${index} already` }
  if (type === 'unclean') {
    return { code: 'eligible-leaders-not-available', message: `nobody who may lead ${name}-${index} is alive` }
  }
  const why = whyNotPreferred(context, topic, partition)
  if (why !== null) {
    const message = `broker ${replicas[0]} cannot be made to lead ${name}-${index}: ${why}`
    return { code: 'preferred-leader-not-available', message }
  }
  if (records.length >= newPartitionsMax) {
    return { code: 'too-many-partitions', message: `one request may elect ${newPartitionsMax} leaders` }
  }
  records.push(partitionChange(topic.id, partition, ledBy(partition, replicas[0] ?? -1)))
  return { code: 'elected' }
}

/** Null: the first replica may lead in the place of whoever does. */
function whyNotPreferred(
  { image, rulesOf }: DecisionContext,
  topic: TopicImage,
  { replicas, inSync }: PartitionImage,
): string | null {
  const [preferred = -1] = replicas
  const { elect: by } = rulesOf(topic.name)
  if (by === 'self') return 'its replicas elect their leader themselves'
  if (by === 'fixed') return 'a primary leads by itself once it is back'
  if (!image.isAlive(preferred)) return 'it is not alive'
  return inSync.includes(preferred) ? null : 'it is not in sync'
}

/** All partitions that have a leader of their own. */
export function allPartitions(image: ClusterImage): PartitionName[] {
  return [...image.topics.values()].flatMap(({ name, partitions }) =>
    partitions.filter(({ group }) => group === null).map(({ index }) => ({ topic: name, partition: index })),
  )
}
