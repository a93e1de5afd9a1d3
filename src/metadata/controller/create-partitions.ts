import type { BrokerId } from '../../replication/replica-id.ts'
import type { MetadataRecord } from '../records.ts'
import { isCommitLog } from '../topic-name.ts'
import { groupsOfTopic } from './broker-groups.ts'
import { groupOfQueues } from './commit-logs.ts'
import { dealPartitions } from './dealt-groups.ts'
import type { Decision, DecisionContext, Refused } from './decision.ts'
import { onceEach } from './once-each.ts'
import { assignmentFault, brokersForReplicas, newPartitionsMax, partitionRecord, placeReplicas } from './placement.ts'

export interface CreatePartitions {
  readonly topics: readonly {
    readonly name: string
    /** How many the topic shall have in all. */
    readonly count: number
    /** Replicas of each new partition, chosen by the caller; null: the controller places them. */
    readonly assignment: readonly (readonly BrokerId[])[] | null
  }[]
  readonly validateOnly: boolean
}

type Outcome =
  | { readonly code: 'created' }
  | Refused<'unknown-topic' | 'invalid-partitions' | 'invalid-assignment' | 'invalid-request' | 'too-many-partitions'>

export type CreatePartitionsAnswer = readonly { readonly name: string; readonly outcome: Outcome }[]

/** Adds partitions to topics. A topic never gets fewer. */
export function createPartitions(
  context: DecisionContext,
  request: CreatePartitions,
): Decision<CreatePartitionsAnswer> {
  const records: MetadataRecord[] = []
  const answer = onceEach(request.topics, ({ name }) => name).map(({ item: topic, isNamedTwice }) => {
    const outcome: Outcome = isNamedTwice
      ? { code: 'invalid-request', message: `the request names topic '${topic.name}' more than once` }
      : addPartitions(context, topic, records)
    return { name: topic.name, outcome }
  })
  return { records: request.validateOnly ? [] : records, answer }
}

function addPartitions(
  { image, rulesOf }: DecisionContext,
  request: CreatePartitions['topics'][number],
  records: MetadataRecord[],
): Outcome {
  const topic = image.topics.get(request.name)
  if (topic === undefined) return { code: 'unknown-topic', message: `there is no topic '${request.name}'` }
  if (isCommitLog(topic.name)) return { code: 'invalid-request', message: 'a commit log has one partition' }
  const existing = topic.partitions.length
  const added = request.count - existing
  if (added <= 0) {
    const message = `topic '${request.name}' has ${existing} partitions; ${request.count} would not add any`
    return { code: 'invalid-partitions', message }
  }
  if (added > newPartitionsMax - records.length) {
    const message = `one request may make ${newPartitionsMax} partitions, not ${added} more`
    return { code: 'too-many-partitions', message }
  }
  const factor = topic.partitions[0]?.replicas.length ?? 1
  const groups = groupsOfTopic(image, topic.name).flatMap((name) => image.brokerGroups.get(name) ?? [])
  if (request.assignment !== null && groups.length > 0) {
    const message = `the partitions of '${request.name}' are dealt over broker groups: their replicas cannot be chosen`
    return { code: 'invalid-assignment', message }
  }
  if (request.assignment !== null) {
    if (request.assignment.length !== added) {
      const message = `${added} partitions are to be added, but replicas of ${request.assignment.length} are given`
      return { code: 'invalid-assignment', message }
    }
    const fault = assignmentFault(image, request.assignment)
    if (fault !== null) return { code: 'invalid-assignment', message: fault }
    if (request.assignment.some((replicas) => replicas.length !== factor)) {
      return { code: 'invalid-assignment', message: `each partition of '${request.name}' has ${factor} replicas` }
    }
  }
  const isOfQueues = groupOfQueues(image, topic.name) !== null
  const brokers = brokersForReplicas(image, factor)
  const replicas =
    groups.length > 0
      ? dealPartitions(groups, { from: existing, upTo: request.count })
      : (request.assignment ??
        placeReplicas({ brokers, partitions: added, replicationFactor: factor, start: existing % brokers.length }))
  for (const [nth, chosen] of replicas.entries()) {
    const { elect } = rulesOf(topic.name)
    const partition = existing + nth
    const group = isOfQueues ? (groups[partition % groups.length]?.name ?? null) : null
    records.push(partitionRecord(image, { topicId: topic.id, partition, replicas: chosen, elect, group }))
  }
  return { code: 'created' }
}
