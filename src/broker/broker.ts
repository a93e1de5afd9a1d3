import type { BrokerConfig } from '../config/broker-config.ts'
import type { TopicConfig } from '../config/topic-settings.ts'
import type { Coordinator } from '../metadata/coordinator/coordinator.ts'
import type { ClusterImage } from '../metadata/image.ts'
import { isInternalTopic } from '../metadata/topic-name.ts'
import type { Offset } from '../record/offset.ts'
import type { ReadRefusal } from '../replica/refusal.ts'
import type { Replica } from '../replica/replica.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import type { Clock } from '../runtime/clock.ts'
import { DiskFault } from '../runtime/disk.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Random } from '../runtime/random.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { type AppendOutcome, appendBatch } from './append-path.ts'
import { FetchSessions } from './fetch-sessions.ts'
import type { HostedPartitions, Offline } from './hosted-partitions.ts'
import type { LiveConfigs } from './live-configs.ts'
import { ProducerIds } from './producer-ids.ts'

/** The id by which Kafka's own tools may write to internal topics. */
const internalWriter = '__admin_client'

export interface BrokerParts {
  readonly runtime: Runtime
  readonly configs: LiveConfigs
  readonly coordinator: Coordinator
  /** The metadata log's replica on this broker, for describing it. */
  readonly metadataReplica: Replica
  readonly partitions: HostedPartitions
  readonly directoryId: string
  readonly dataFolder: string
  /** Where clients reach this broker; a port of 0 is filled in once it is known. */
  readonly endpoint: { readonly host: string; port: number }
}

/** One broker, as the requests of clients of any protocol meet it. */
export class Broker {
  readonly id: BrokerId
  readonly clock: Clock
  readonly logger: Logger
  readonly random: Random
  readonly coordinator: Coordinator
  readonly fetchSessions: FetchSessions
  readonly producerIds: ProducerIds
  readonly directoryId: string
  readonly dataFolder: string
  readonly endpoint: { readonly host: string; port: number }
  readonly metadataReplica: Replica
  readonly configs: LiveConfigs
  readonly #runtime: Runtime
  readonly #partitions: HostedPartitions

  constructor(parts: BrokerParts) {
    const { runtime, configs } = parts
    this.id = configs.started.nodeId
    this.clock = runtime.clock
    this.logger = runtime.logger
    this.random = runtime.random
    this.coordinator = parts.coordinator
    this.directoryId = parts.directoryId
    this.dataFolder = parts.dataFolder
    this.endpoint = parts.endpoint
    this.metadataReplica = parts.metadataReplica
    this.configs = configs
    this.#runtime = runtime
    this.#partitions = parts.partitions
    this.fetchSessions = new FetchSessions({
      clock: runtime.clock,
      random: runtime.random,
      slots: configs.started.maxIncrementalFetchSessionCacheSlots,
      evictionMs: 120_000,
    })
    this.producerIds = new ProducerIds(() => parts.coordinator.submit('allocateProducerIds', { brokerId: this.id }))
  }

  get image(): ClusterImage {
    return this.coordinator.image
  }

  /** The settings in force. */
  get config(): BrokerConfig {
    return this.configs.broker
  }

  /** What a topic that is made without saying so gets. */
  get topicDefaults(): { partitions: number; replicationFactor: number } {
    const { numPartitions, defaultReplicationFactor } = this.config
    return { partitions: numPartitions, replicationFactor: defaultReplicationFactor }
  }

  topicConfig(topic: string): TopicConfig {
    return this.configs.topic(topic)
  }

  /** The replica that this broker has of the partition; null: none, or there is no such partition. */
  replicaOf(topic: string, partition: number): Replica | null {
    return this.#partitions.get(topic, partition)
  }

  /** Why `replicaOf` has none: there is no such partition, others have it, or its log cannot be used. */
  absenceOf(topic: string, partition: number): 'unknown-partition' | 'not-hosted' | 'storage-error' {
    if (this.#partitions.isOffline(topic, partition)) return 'storage-error'
    return this.image.partition(topic, partition) === null ? 'unknown-partition' : 'not-hosted'
  }

  /** Partitions that belong here and cannot be served, with the reason. */
  offline(): Iterable<Offline> {
    return this.#partitions.offline()
  }

  replicas(): Iterable<Replica> {
    return this.#partitions.all()
  }

  /** Space on the volume that holds the logs; null when the disk does not say. */
  async diskSpace(): Promise<{ freeBytes: number; totalBytes: number } | null> {
    try {
      return await this.#runtime.disk.space(this.dataFolder)
    } catch {
      return null
    }
  }

  /** Appends a client's record batch; its place in the log is fixed when this returns. `batches` is free again then. */
  append(request: {
    topic: string
    partition: number
    batches: Uint8Array
    acks: number
    timeoutMs: number
    clientId: string | null
  }): AppendOutcome | Promise<AppendOutcome> {
    if (isInternalTopic(request.topic) && request.clientId !== internalWriter) return { code: 'internal-topic' }
    const replica = this.replicaOf(request.topic, request.partition)
    if (replica === null) return { code: this.absenceOf(request.topic, request.partition) }
    const config = this.topicConfig(request.topic)
    return appendBatch(this.clock, {
      ...request,
      replica,
      rules: {
        maxMessageBytes: config.maxMessageBytes,
        timestampType: config.messageTimestampType,
        timestampBeforeMaxMs: config.messageTimestampBeforeMaxMs,
        timestampAfterMaxMs: config.messageTimestampAfterMaxMs,
        nowMs: this.clock.nowMs(),
        origin: 'client',
      },
    })
  }

  /** Moves a partition's log start to `offset`, or to the high watermark (null); durable when it resolves. */
  async deleteBefore(replica: Replica, offset: Offset | null): Promise<Offset | ReadRefusal> {
    try {
      const outcome = replica.deleteBefore(offset)
      if (typeof outcome !== 'number') return outcome
      await this.#partitions.checkpoint()
      if (replica.log.hasSegmentsBelowStart) await replica.log.removeBelowLogStart()
      return outcome
    } catch (error) {
      // Not promised, though readers may see the new start already: asking again does it.
      if (error instanceof DiskFault) return { code: 'storage-error' }
      throw error
    }
  }

  /** Makes a topic that a client has asked for by name. */
  async createTopicOnDemand(name: string): Promise<'made' | 'refused' | 'failed'> {
    const { partitions, replicationFactor } = isInternalTopic(name) ? this.internalTopicShape : this.topicDefaults
    try {
      const answer = await this.coordinator.submit('createTopics', {
        topics: [
          { name, partitions, replicationFactor, assignment: null, configs: this.#configsOf(name, replicationFactor) },
        ],
        validateOnly: false,
        defaults: this.topicDefaults,
      })
      const code = answer[0]?.outcome.code
      return code === 'created' || code === 'topic-exists' ? 'made' : 'refused'
    } catch (error) {
      this.logger.warn({ topic: name, error: String(error) }, 'a topic could not be made on demand')
      return 'failed'
    }
  }

  /** Shape of `__consumer_offsets`; a factor beyond the brokers that there are is cut to them. */
  get internalTopicShape(): { partitions: number; replicationFactor: number } {
    const { offsetsTopicNumPartitions, offsetsTopicReplicationFactor } = this.config
    const replicationFactor = Math.min(offsetsTopicReplicationFactor, Math.max(1, this.image.brokers.size))
    return { partitions: offsetsTopicNumPartitions, replicationFactor }
  }

  #configsOf(topic: string, replicationFactor: number): Map<string, string> {
    if (!isInternalTopic(topic)) return new Map()
    const { offsetsTopicSegmentBytes } = this.config
    // What is acknowledged to groups survives the loss of a broker where that is possible at all.
    const safe: [string, string][] = replicationFactor >= 3 ? [['min.insync.replicas', '2']] : []
    return new Map([
      ...safe,
      ['cleanup.policy', 'compact'],
      ['compression.type', 'producer'],
      ['segment.bytes', `${offsetsTopicSegmentBytes}`],
    ])
  }
}
