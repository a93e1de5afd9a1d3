import { validateTopicConfigs } from '../config/topic-config.ts'
import type { KafkaFolder, KafkaPartition } from '../log/kafka-folder.ts'
import { parseFolderName } from '../log/log-directory-name.ts'
import type { KafkaMetadata, KafkaTopic } from '../metadata/kafka-metadata.ts'
import { metadataTopicName, offsetsTopicName } from '../metadata/topic-name.ts'

/** A setting that Kafka had for a topic and Trilog does not take. */
export interface LeftOut {
  readonly name: string
  readonly value: string
  readonly why: string
}

export interface PlannedTopic {
  readonly name: string
  /** Null: the folders do not tell it. */
  readonly topicId: string | null
  readonly configs: ReadonlyMap<string, string>
  readonly leftOut: readonly LeftOut[]
  /** False: Kafka's metadata log is not there, or does not know this topic. Then it keeps all that it has. */
  readonly areConfigsKnown: boolean
  /** From 0, without a gap. */
  readonly partitions: readonly KafkaPartition[]
}

export interface ImportPlan {
  readonly topics: readonly PlannedTopic[]
  readonly skipped: readonly { readonly topic: string; readonly why: string }[]
  /** Sentences; with any of them nothing is imported. */
  readonly problems: readonly string[]
}

export interface ImportWishes {
  /** Null: all. */
  readonly topics: readonly string[] | null
  /** Takes what Kafka has not closed cleanly: what is torn is cut. */
  readonly unclean: boolean
}

/** Kafka's own topics that nothing here could read. */
const foreign = new Map([
  [metadataTopicName, null],
  ['__transaction_state', 'transactions that are open end in Kafka, before the move'],
  ['__share_group_state', 'share groups are not served'],
  ['__remote_log_metadata', 'remote storage is not read'],
])

/** What there is to import in these folders, and what stands against it. */
export function planImport(
  folders: readonly KafkaFolder[],
  known: { readonly metadata: KafkaMetadata | null; readonly hasOffsetsTopic: boolean },
  wishes: ImportWishes,
): ImportPlan {
  const problems = folders.flatMap((folder) => folderProblems(folder, wishes))
  const skipped: { topic: string; why: string }[] = []
  const byTopic = groupedBy(
    folders.flatMap(({ partitions }) => partitions),
    ({ topic }) => topic,
  )
  for (const topic of wishes.topics ?? [])
    if (!byTopic.has(topic)) problems.push(`there is no partition of topic '${topic}'`)
  const topics: PlannedTopic[] = []
  for (const [topic, partitions] of byTopic) {
    if (wishes.topics !== null && !wishes.topics.includes(topic)) continue
    const why = whyNot(topic, known.hasOffsetsTopic && wishes.topics === null)
    if (why === undefined) topics.push(planTopic(topic, partitions, { metadata: known.metadata, problems }))
    else if (wishes.topics !== null) problems.push(`topic '${topic}' cannot be imported`)
    else if (why !== null) skipped.push({ topic, why })
  }
  return { topics, skipped, problems }
}

function folderProblems({ path, isClean, partitions }: KafkaFolder, { unclean }: ImportWishes): string[] {
  if (partitions.length === 0) {
    const name = path.slice(path.lastIndexOf('/') + 1)
    const isOne = parseFolderName(name).kind === 'partition'
    return [
      `${path} holds no partitions: give ${isOne ? 'the folder above it' : "one of the folders of Kafka's log.dirs"}`,
    ]
  }
  if (isClean || unclean) return []
  const what = 'has no .kafka_cleanshutdown: Kafka runs on it, was killed, or it is a copy of single folders'
  return [`${path} ${what}; stop Kafka cleanly first, or take the folder as it is with --unclean`]
}

/** Undefined: it can be imported; null: of course not. */
function whyNot(topic: string, hasOwnOffsets: boolean): string | null | undefined {
  if (topic === offsetsTopicName && hasOwnOffsets) return 'this broker has committed offsets of its own already'
  return foreign.has(topic) ? foreign.get(topic) : undefined
}

function planTopic(
  name: string,
  found: readonly KafkaPartition[],
  { metadata, problems }: { metadata: KafkaMetadata | null; problems: string[] },
): PlannedTopic {
  const partitions = [...found].sort((a, b) => a.partition - b.partition)
  const ids = new Set(partitions.map(({ topicId }) => topicId).filter((id) => id !== null))
  if (ids.size > 1) problems.push(`the folders of topic '${name}' belong to several topics: ${[...ids].join(', ')}`)
  const topicId = [...ids][0] ?? null
  const facts = metadata?.topics.get(name)
  const topic = facts !== undefined && (topicId === null || facts.id === topicId) ? facts : null
  problems.push(...partitionProblems(name, partitions, topic))
  const { configs, leftOut } = topic === null ? { configs: keepingAll(name), leftOut: [] } : configsOf(topic)
  if (topic?.configs.get('remote.storage.enable') === 'true') {
    problems.push(`a part of topic '${name}' is in remote storage, which is not read`)
  }
  return { name, topicId, configs, leftOut, areConfigsKnown: topic !== null, partitions }
}

function partitionProblems(name: string, partitions: readonly KafkaPartition[], topic: KafkaTopic | null): string[] {
  const problems: string[] = []
  const paths = groupedBy(partitions, ({ partition }) => partition)
  for (const [partition, same] of paths) {
    if (same.length > 1)
      problems.push(`${name}-${partition} is there more than once: ${same.map(({ path }) => path).join(', ')}`)
  }
  const count = Math.max(topic?.partitions ?? 0, (partitions.at(-1)?.partition ?? 0) + 1)
  const missing = Array.from({ length: count }, (_, i) => i).filter((partition) => !paths.has(partition))
  if (missing.length > 0) {
    const which = missing.slice(0, 5).join(', ') + (missing.length > 5 ? ', …' : '')
    problems.push(
      `topic '${name}' lacks ${missing.length} of its ${count} partitions (${which}): give the folders that hold them, too`,
    )
  }
  return problems
}

/** Where nothing tells how long a topic is to keep its records, none must go before somebody has said so. */
function keepingAll(name: string): Map<string, string> {
  if (name === offsetsTopicName) return new Map([['cleanup.policy', 'compact']])
  return new Map([
    ['retention.ms', '-1'],
    ['retention.bytes', '-1'],
  ])
}

/** The settings that can be taken as they are. */
function configsOf(topic: KafkaTopic): { configs: Map<string, string>; leftOut: LeftOut[] } {
  const configs = new Map<string, string>()
  const leftOut: LeftOut[] = []
  for (const [name, value] of topic.configs) {
    const why = whyLeftOut(name, value)
    if (why === null) configs.set(name, value)
    else leftOut.push({ name, value, why })
  }
  return { configs, leftOut }
}

function whyLeftOut(name: string, value: string): string | null {
  // With it no producer could write: the imported topic has one replica.
  if (name === 'min.insync.replicas' && value !== '1') return 'there is one replica'
  return validateTopicConfigs({ [name]: value })?.message ?? null
}

function groupedBy<K, V>(values: readonly V[], keyOf: (value: V) => K): Map<K, V[]> {
  const groups = new Map<K, V[]>()
  for (const value of values) {
    const group = groups.get(keyOf(value))
    if (group === undefined) groups.set(keyOf(value), [value])
    else group.push(value)
  }
  return groups
}
