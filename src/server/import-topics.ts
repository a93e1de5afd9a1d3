import { logSettingsOf } from '../broker/log-settings-of.ts'
import { MalformedInput } from '../codec/malformed-input.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import { resolveTopicConfig } from '../config/topic-config.ts'
import type { TopicConfig } from '../config/topic-settings.ts'
import { type KafkaFolder, readKafkaFolder } from '../log/kafka-folder.ts'
import { inParallel } from '../log/log-directory-workers.ts'
import type { AdoptTopics } from '../metadata/controller/adopt-topics.ts'
import { newTopicId } from '../metadata/controller/topic-id.ts'
import { type KafkaMetadata, readKafkaMetadata } from '../metadata/kafka-metadata.ts'
import { metadataTopicName, offsetsTopicName } from '../metadata/topic-name.ts'
import { type Disk, DiskFault } from '../runtime/disk.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { brokerRules } from './broker-rules.ts'
import { ClusterMember } from './cluster-member.ts'
import { copyIn, type CopiedPartition, filesToCopy, forgetProducers, PartitionRefused } from './import-partition.ts'
import { type ImportPlan, type ImportWishes, type PlannedTopic, planImport } from './import-plan.ts'
import { LogFolder } from './log-folder.ts'
import { openFolder } from './open-folder.ts'

export interface ImportRequest extends ImportWishes {
  /** Folders of Kafka's `log.dirs`. */
  readonly from: readonly string[]
  /** Checks what can be checked without a copy, and changes nothing. */
  readonly dryRun: boolean
  /** Told once how much there is to copy. */
  onBegin(bytes: number): void
  onCopied(bytes: number): void
}

export interface ImportReport {
  readonly topics: readonly (PlannedTopic & { readonly topicId: string; readonly copies: readonly CopiedPartition[] })[]
  readonly skipped: ImportPlan['skipped']
  /** Topics that have no retention time of their own, and the broker's that holds for them, in ms; -1: for ever. */
  readonly byBrokersRetention: { readonly topics: readonly string[]; readonly ms: number }
  /** Ids of Kafka's producers were given to others here: logs that knew some begin without any. */
  readonly forgotProducers: boolean
}

/** Nothing was imported. `problems` are sentences. */
export class ImportRefused extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ImportRefused'
    this.problems = problems
  }
}

/**
 * Brings partitions that Kafka has written into the folder of a broker that is stopped, and makes their topics: with
 * Kafka's ids, settings, offsets and epochs, each with one replica. All of them or none. Kafka's folders are only read.
 */
export async function importTopics(
  runtime: Runtime,
  config: BrokerConfig,
  request: ImportRequest,
): Promise<ImportReport> {
  const target = config.logDirs[0] ?? ''
  const folders = await readFolders(runtime, request.from, target)
  if (config.controllerQuorumVoters.length > 1) {
    throw new ImportRefused(['this broker is one of several: topics are imported into a broker that is alone'])
  }
  const folder = await LogFolder.open(runtime, config, target)
  try {
    if (!folder.directory.start.clean) {
      throw new ImportRefused([`the broker of ${target} was not stopped cleanly: start it and stop it first`])
    }
    return await importInto(folder, { runtime, config, request, folders })
  } finally {
    await folder.directory.close({ brokerEpoch: folder.directory.start.previousBrokerEpoch ?? -1 })
  }
}

async function readFolders(runtime: Runtime, from: readonly string[], target: string): Promise<KafkaFolder[]> {
  const folders: KafkaFolder[] = []
  for (const path of from) {
    if (path === target) throw new ImportRefused([`${path} is the broker's own folder`])
    if (!(await runtime.disk.exists(path))) throw new ImportRefused([`there is no folder ${path}`])
    folders.push(await readKafkaFolder(runtime, path))
  }
  return folders
}

interface Import {
  readonly runtime: Runtime
  readonly config: BrokerConfig
  readonly request: ImportRequest
  readonly folders: readonly KafkaFolder[]
}

async function importInto(folder: LogFolder, task: Import): Promise<ImportReport> {
  const { runtime, config } = task
  const member = await ClusterMember.join(runtime, { ...config, peerListener: null }, { folder, rules: brokerRules })
  try {
    return await new TopicImport(folder, member, task).run()
  } finally {
    // What is hosted is opened as the next start will open it: only then can the folder be closed as clean.
    const { image, configs } = member
    await openFolder(folder, { image, configs, self: config.nodeId }).catch((error: unknown) => {
      runtime.logger.warn({ error: String(error) }, 'the logs could not be opened: the next start checks them')
    })
    await member.close()
  }
}

/** The disk is what takes time: each copy is synced. */
const copiesAtOnce = 16

/** A topic with the id that it will have. */
type Identified = PlannedTopic & { readonly topicId: string }
type Copied = Identified & { readonly copies: readonly CopiedPartition[] }

class TopicImport {
  readonly #folder: LogFolder
  readonly #member: ClusterMember
  readonly #task: Import

  constructor(folder: LogFolder, member: ClusterMember, task: Import) {
    this.#folder = folder
    this.#member = member
    this.#task = task
  }

  async run(): Promise<ImportReport> {
    const { runtime, request, folders } = this.#task
    // Waits until the image is whole.
    await this.#adopt([], { nextProducerId: 0, validateOnly: true })
    const metadata = await metadataOf(runtime.disk, folders)
    const hasOffsetsTopic = this.#member.image.topics.has(offsetsTopicName)
    const plan = planImport(folders, { metadata, hasOffsetsTopic }, request)
    const planned = plan.topics.map((topic) => ({ ...topic, topicId: topic.topicId ?? newTopicId(runtime.random) }))
    const { bytes, problems } = await this.#measure(planned)
    const refused = await this.#adopt(planned, { nextProducerId: 0, validateOnly: true })
    const all = [...plan.problems, ...refused, ...problems]
    if (all.length > 0) throw new ImportRefused(all)
    request.onBegin(bytes)
    const facts = { skipped: plan.skipped, byBrokersRetention: this.#byBrokersRetention(planned) }
    if (request.dryRun) {
      return { ...facts, topics: planned.map((topic) => ({ ...topic, copies: [] })), forgotProducers: false }
    }
    const topics = await this.#copyAll(planned)
    const forgotProducers = await this.#settleProducers(topics)
    await this.#takeIn(topics, metadata?.nextProducerId ?? 0)
    return { ...facts, topics, forgotProducers }
  }

  #byBrokersRetention(topics: readonly PlannedTopic[]): ImportReport['byBrokersRetention'] {
    const without = topics.filter(({ configs }) => {
      return !configs.has('retention.ms') && (configs.get('cleanup.policy') ?? 'delete').includes('delete')
    })
    return { topics: without.map(({ name }) => name), ms: this.#settingsOf(new Map()).retentionMs }
  }

  /** What holds for a topic with these settings of its own, by the broker's file. */
  #settingsOf(configs: ReadonlyMap<string, string>): TopicConfig {
    return resolveTopicConfig(this.#task.config, { broker: new Map(), cluster: new Map() }, configs)
  }

  /** Problems; none: they are adopted, or could be. */
  async #adopt(
    topics: readonly (Identified | Copied)[],
    more: Pick<AdoptTopics, 'nextProducerId' | 'validateOnly'>,
  ): Promise<readonly string[]> {
    const answer = await this.#member.coordinator.submit('adoptTopics', {
      topics: topics.map((topic) => ({
        name: topic.name,
        topicId: topic.topicId,
        configs: topic.configs,
        lastEpochs: 'copies' in topic ? topic.copies.map(({ lastEpoch }) => lastEpoch) : topic.partitions.map(() => -1),
      })),
      brokerId: this.#task.config.nodeId,
      directoryId: this.#folder.directory.identity.directoryId,
      ...more,
    })
    return answer.code === 'adopted' ? [] : answer.problems
  }

  async #measure(topics: readonly PlannedTopic[]): Promise<{ bytes: number; problems: string[] }> {
    const { disk } = this.#task.runtime
    const { path } = this.#folder.directory
    const problems: string[] = []
    let bytes = 0
    for (const partition of topics.flatMap(({ partitions }) => partitions)) {
      try {
        for (const file of await filesToCopy(disk, partition)) bytes += file.bytes
      } catch (error) {
        problems.push(problemOf(error))
      }
    }
    const { freeBytes } = await disk.space(path)
    if (bytes > freeBytes) problems.push(`${bytes} bytes are to be copied, and ${path} has room for ${freeBytes}`)
    return { bytes, problems }
  }

  async #copyAll(topics: readonly Identified[]): Promise<Copied[]> {
    const { runtime, request } = this.#task
    const copied = topics.map((topic) => ({ ...topic, copies: [] as CopiedPartition[] }))
    const waiting = copied.flatMap(({ configs, partitions, copies }) => {
      const settings = logSettingsOf(this.#settingsOf(configs))
      return partitions.map((partition, at) => ({ partition, settings, copies, at }))
    })
    try {
      await inParallel(waiting, copiesAtOnce, async ({ partition, settings, copies, at }) => {
        const { unclean, onCopied } = request
        copies[at] = await copyIn(this.#folder, runtime, { partition, settings, unclean, onCopied })
      })
      return copied
    } catch (error) {
      // Filtering leaves out those that were not copied.
      for (const { folder } of copied.flatMap(({ copies }) => copies.filter((copy) => copy !== undefined))) {
        await runtime.disk.removeTree(`${this.#folder.directory.path}/${folder}`)
      }
      throw new ImportRefused([problemOf(error)])
    }
  }

  /** Ids that were given out here may be those of Kafka's producers: who has one now would be taken for the other. */
  async #settleProducers(topics: readonly Copied[]): Promise<boolean> {
    const given = this.#member.image.nextProducerId
    const { disk } = this.#task.runtime
    let forgot = false
    for (const copy of topics.flatMap(({ copies }) => copies)) {
      const { folder, producerIds, logEndOffset, openSince } = copy
      if (!producerIds.some((id) => id < given)) continue
      if (openSince !== null) {
        const where = `${copy.topic}-${copy.partition}`
        throw new ImportRefused([
          `${where} has an open transaction, of a producer whose id was given to another one here`,
        ])
      }
      await forgetProducers(disk, `${this.#folder.directory.path}/${folder}`, logEndOffset)
      forgot = true
    }
    return forgot
  }

  async #takeIn(topics: readonly Copied[], kafkasNextProducerId: number): Promise<void> {
    const copies = topics.flatMap(({ topicId, copies: taken }) => taken.map((copy) => ({ ...copy, topicId })))
    const nextProducerId = copies
      .flatMap(({ producerIds }) => producerIds)
      .reduce((next, id) => Math.max(next, id + 1), kafkasNextProducerId)
    await this.#folder.directory.takeIn(
      copies.map((copy) => {
        const { topic, partition, topicId } = copy
        return { ...copy, replica: { topic, partition, topicId } }
      }),
    )
    const refused = await this.#adopt(topics, { nextProducerId, validateOnly: false })
    if (refused.length > 0) throw new ImportRefused(refused)
    await this.#folder.directory.checkpoint()
  }
}

/** Any of the folders may hold Kafka's metadata log: it is in the first of `log.dirs`, or in one of its own. */
async function metadataOf(disk: Disk, folders: readonly KafkaFolder[]): Promise<KafkaMetadata | null> {
  for (const { path } of folders) {
    const log = `${path}/${metadataTopicName}-0`
    try {
      const metadata = await readKafkaMetadata(disk, log)
      if (metadata !== null) return metadata
    } catch (error) {
      if (!(error instanceof MalformedInput)) throw error
      throw new ImportRefused([`Kafka's metadata log ${log} cannot be read: ${error.message}`])
    }
  }
  return null
}

/** A sentence for what can be expected of folders that somebody gives; anything else is thrown on. */
function problemOf(error: unknown): string {
  if (error instanceof PartitionRefused || error instanceof DiskFault) return error.message
  throw error
}
