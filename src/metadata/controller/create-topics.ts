import { validateTopicConfigs } from '../../config/topic-config.ts'
import type { BrokerId } from '../../replication/replica-id.ts'
import { itemsOf } from '../../config/setting-kinds.ts'
import { compositionFault, electOf, type Scheme } from '../../replication/schemes.ts'
import type { Random } from '../../runtime/random.ts'
import { type ClusterImage, resourceTypes } from '../image.ts'
import type { MetadataRecord } from '../records.ts'
import { collisionKey, isCommitLog, isInternalTopic, metadataTopicName, topicNameFault } from '../topic-name.ts'
import { CommitLogs, withoutThoseOfTheLog } from './commit-logs.ts'
import { chooseGroups, dealPartitions } from './dealt-groups.ts'
import type { Decision, DecisionContext, Refused } from './decision.ts'
import { onceEach } from './once-each.ts'
import { assignmentFault, brokersForReplicas, newPartitionsMax, partitionRecord, placeReplicas } from './placement.ts'
import { newTopicId } from './topic-id.ts'

export interface NewTopic {
  readonly name: string
  /** -1: as many as `num.partitions` says, or as the assignment has. */
  readonly partitions: number
  /** -1: `default.replication.factor`, or what the assignment has. */
  readonly replicationFactor: number
  /** Replicas of each partition, chosen by the caller; null: the controller places them. */
  readonly assignment: readonly (readonly BrokerId[])[] | null
  readonly configs: ReadonlyMap<string, string | null>
}

export interface CreateTopics {
  readonly topics: readonly NewTopic[]
  readonly validateOnly: boolean
  readonly defaults: {
    readonly partitions: number
    readonly replicationFactor: number
    /** `replication.scheme` of a topic that does not say. */
    readonly scheme: Scheme['name']
  }
}

export type TopicRefusal = Refused<
  | 'topic-exists'
  | 'invalid-topic'
  | 'invalid-partitions'
  | 'invalid-replication-factor'
  | 'invalid-assignment'
  | 'invalid-config'
  | 'invalid-request'
  | 'too-many-partitions'
>

export interface CreatedTopic {
  readonly code: 'created'
  readonly id: string
  readonly partitions: number
  readonly replicationFactor: number
}

/** One answer per topic asked for, in the order of the request. */
export type CreateTopicsAnswer = readonly { readonly name: string; readonly outcome: CreatedTopic | TopicRefusal }[]

/** Makes topics: each one whole or not at all, one refused does not hold up the others. */
export function createTopics(context: DecisionContext, request: CreateTopics): Decision<CreateTopicsAnswer> {
  const records: MetadataRecord[] = []
  const taken = new Map<string, string>()
  for (const name of context.image.topics.keys()) taken.set(collisionKey(name), name)
  const commitLogs = new CommitLogs(context.image)
  const answer = onceEach(request.topics, ({ name }) => name).map(({ item: topic, isNamedTwice }) => {
    const outcome = isNamedTwice
      ? refuse('invalid-request', `the request names topic '${topic.name}' more than once`)
      : createTopic(context, { topic, defaults: request.defaults, taken, records, commitLogs })
    if (outcome.code === 'created') taken.set(collisionKey(topic.name), topic.name)
    return { name: topic.name, outcome }
  })
  return { records: request.validateOnly ? [] : records, answer }
}

const schemeName = 'replication.scheme'
const groupsName = 'replication.groups'
const unitName = 'replication.unit'

const refuse = <Code extends string>(code: Code, message: string): Refused<Code> => ({ code, message })

const tooMany = (partitions: number): TopicRefusal =>
  refuse('too-many-partitions', `one request may make ${newPartitionsMax} partitions, not ${partitions} more`)

function createTopic(
  { image, random }: DecisionContext,
  request: {
    topic: NewTopic
    defaults: CreateTopics['defaults']
    taken: ReadonlyMap<string, string>
    records: MetadataRecord[]
    commitLogs: CommitLogs
  },
): CreatedTopic | TopicRefusal {
  const { topic, records, defaults, commitLogs } = request
  // Its folder would be that of the metadata log itself.
  if (topic.name === metadataTopicName || isCommitLog(topic.name))
    return refuse('invalid-request', `'${topic.name}' cannot be made`)
  const fault = nameRefusal(topic.name, request.taken)
  if (fault !== null) return fault
  const configs = checkedConfigs(topic)
  if ('code' in configs) return configs
  const scheme = (configs.get(schemeName) ?? defaults.scheme) as Scheme['name']
  const room = newPartitionsMax - records.length
  const unit = configs.get(unitName) === 'broker' ? 'broker' : 'partition'
  const replicas = replicasOf(image, topic, { defaults, random, room, scheme, configs, unit, commitLogs })
  if ('code' in replicas) return replicas
  const composition = compositionFault({
    scheme,
    unit,
    hasGroups: configs.has(groupsName),
    compacts: itemsOf(configs.get('cleanup.policy') ?? '').includes('compact'),
    replicas: replicas[0]?.length ?? 0,
    syncBackups: Number(configs.get('replication.sync.backups') ?? 0),
    isInternal: isInternalTopic(topic.name),
  })
  if (composition !== null) return refuse('invalid-config', composition)
  // Written down unless it is what no word means: brokers may give others to new topics one day.
  if (scheme !== 'isr') configs.set(schemeName, scheme)
  const groups = unit === 'broker' ? itemsOf(configs.get(groupsName) ?? '') : []
  for (const group of groups) {
    const refusal = commitLogs.faultOf(group, configs)
    if (refusal !== null) return refusal
  }
  const logConfigs = new Map(configs)
  for (const group of new Set(groups)) {
    const { members: brokers = [] } = image.brokerGroups.get(group) ?? {}
    records.push(...commitLogs.use(group, { replicas: brokers, configs: logConfigs, newId: () => newTopicId(random) }))
  }
  if (unit === 'broker') withoutThoseOfTheLog(configs, logConfigs)
  const elect = electOf(scheme)
  const id = newTopicId(random)
  records.push({ type: 'topic', name: topic.name, topicId: id })
  for (const [name, value] of configs) {
    records.push({ type: 'config', resourceType: resourceTypes.topic, resourceName: topic.name, name, value })
  }
  for (const [partition, brokers] of replicas.entries()) {
    const group = groups[partition % groups.length] ?? null
    records.push(partitionRecord(image, { topicId: id, partition, replicas: brokers, elect, group }))
  }
  return { code: 'created', id, partitions: replicas.length, replicationFactor: replicas[0]?.length ?? 0 }
}

/** What was set for the topic, in the form in which it is kept. */
function checkedConfigs(topic: NewTopic): Map<string, string> | TopicRefusal {
  const configs = new Map<string, string>()
  for (const [name, value] of topic.configs) {
    if (value === null) return refuse('invalid-config', `the setting ${name} of topic '${topic.name}' has no value`)
    configs.set(name, value)
  }
  const config = validateTopicConfigs(Object.fromEntries(configs))
  return config === null ? configs : refuse('invalid-config', config.message)
}

/** Null, or why a topic may not be named so; `taken` are the names that there are, by `collisionKey`. */
export function nameRefusal(name: string, taken: ReadonlyMap<string, string>): TopicRefusal | null {
  const fault = topicNameFault(name)
  if (fault !== null) return refuse('invalid-topic', fault)
  const other = taken.get(collisionKey(name))
  if (other === name) return refuse('topic-exists', `topic '${name}' already exists`)
  if (other === undefined) return null
  return refuse('invalid-topic', `'${name}' differs from topic '${other}' only in '.' and '_'`)
}

interface PlacementWish {
  readonly defaults: CreateTopics['defaults']
  readonly random: Random
  /** For so many partitions. */
  readonly room: number
  readonly scheme: Scheme['name']
  /** Of the topic; the groups that are chosen are written into them. */
  readonly configs: Map<string, string>
  readonly unit: 'partition' | 'broker'
  readonly commitLogs: CommitLogs
}

function replicasOf(
  image: ClusterImage,
  topic: NewTopic,
  wish: PlacementWish,
): readonly (readonly BrokerId[])[] | TopicRefusal {
  const { defaults, random, room } = wish
  const groups = itemsOf(wish.configs.get(groupsName) ?? '')
  if (topic.assignment !== null) {
    const both = topic.partitions !== -1 || topic.replicationFactor !== -1
    if (both) return refuse('invalid-request', 'with an assignment, partitions and replication factor must be -1')
    if (groups.length > 0)
      return refuse('invalid-request', `${groupsName} and an assignment both say where replicas are`)
    if (topic.assignment.length > room) return tooMany(topic.assignment.length)
    const fault = assignmentFault(image, topic.assignment)
    return fault === null ? topic.assignment : refuse('invalid-assignment', fault)
  }
  const partitions = topic.partitions === -1 ? defaults.partitions : topic.partitions
  if (partitions > room) return tooMany(partitions)
  if (partitions < 1) return refuse('invalid-partitions', `a topic needs at least one partition, not ${partitions}`)
  if (groups.length > 0) return dealtReplicas(image, topic, { ...wish, groups, partitions })
  const replicationFactor = topic.replicationFactor === -1 ? defaults.replicationFactor : topic.replicationFactor
  if (replicationFactor < 1) {
    return refuse('invalid-replication-factor', `a topic needs at least one replica, not ${replicationFactor}`)
  }
  const brokers = brokersForReplicas(image, replicationFactor)
  if (replicationFactor > brokers.length) {
    const message = `replication factor ${replicationFactor} is more than the ${brokers.length} broker(s) registered`
    return refuse('invalid-replication-factor', message)
  }
  if (image.living.length === 0) return refuse('invalid-replication-factor', 'no broker is alive')
  return placeReplicas({ brokers, partitions, replicationFactor, start: random.integer(brokers.length) })
}

function dealtReplicas(
  image: ClusterImage,
  { replicationFactor }: NewTopic,
  wish: PlacementWish & { readonly groups: readonly string[]; readonly partitions: number },
): readonly (readonly BrokerId[])[] | TopicRefusal {
  const { scheme, configs, partitions, unit, commitLogs } = wish
  // Their log, if they have one, is replicated by one scheme.
  const isFit = (group: string): boolean => unit === 'partition' || !commitLogs.differs(group, scheme)
  const groups = chooseGroups(image, wish.groups, { scheme, replicationFactor, isFit })
  if ('code' in groups) return groups
  configs.set(groupsName, groups.map(({ name }) => name).join(','))
  const dealt = dealPartitions(groups, { from: 0, upTo: partitions })
  const fault = assignmentFault(image, dealt)
  return fault === null ? dealt : refuse('invalid-assignment', fault)
}
