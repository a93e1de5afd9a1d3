import type { BrokerConfig } from '../config/broker-config.ts'
import type { TopicConfig } from '../config/topic-settings.ts'
import type { CreateTopics } from '../metadata/controller/create-topics.ts'
import type { Coordinator } from '../metadata/coordinator/coordinator.ts'
import type { MetadataQuorum } from '../metadata/coordinator/metadata-quorum.ts'
import type { ClusterImage, PartitionImage, TopicImage } from '../metadata/image.ts'
import { isCommitLog, isInternalTopic } from '../metadata/topic-name.ts'
import type { LeaderEpoch, Offset } from '../record/offset.ts'
import { GroupQueue } from '../replica/group-queue.ts'
import type { Replica } from '../replica/replica.ts'
import type { AppendRefusal, ReadRefusal } from '../replica/refusal.ts'
import type { ServedPartition } from '../replica/served-partition.ts'
import type { BrokerId } from '../replication/replica-id.ts'
import { nearestOf } from '../replication/serve/nearest.ts'
import type { Clock } from '../runtime/clock.ts'
import { DiskFault } from '../runtime/disk.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Random } from '../runtime/random.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { frameHeaderBytes } from '../log/queues/frame.ts'
import type { CompressionType } from '../codec/compression.ts'
import { type AppendOutcome, appendBatch } from './append-path.ts'
import { FetchSessions } from './fetch-sessions.ts'
import type { HostedPartitions, Offline } from './hosted-partitions.ts'
import type { LeaderElections } from './leader-elections.ts'
import type { LiveConfigs } from './live-configs.ts'
import { ProducerIds } from './producer-ids.ts'

/** The id by which Kafka's own tools may write to internal topics. */
const internalWriter = '__admin_client'

export interface BrokerParts {
  readonly runtime: Runtime
  readonly configs: LiveConfigs
  readonly coordinator: Coordinator
  /** The metadata log's replica on this broker, which its health depends on. */
  readonly metadataReplica: Replica
  readonly quorum: MetadataQuorum
  readonly partitions: HostedPartitions
  readonly elections: LeaderElections
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
  readonly quorum: MetadataQuorum
  readonly elections: LeaderElections
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
    this.quorum = parts.quorum
    this.elections = parts.elections
    this.configs = configs
    this.#runtime = runtime
    this.#partitions = parts.partitions
    this.fetchSessions = new FetchSessions({
      clock: runtime.clock,
      random: runtime.random,
      slots: configs.started.maxIncrementalFetchSessionCacheSlots,
      partitionsMax: configs.started.fetchSessionPartitionsMax,
      evictionMs: 120_000,
    })
    this.producerIds = new ProducerIds(() => parts.coordinator.submit('allocateProducerIds', { brokerId: this.id }))
  }

  get image(): ClusterImage {
    return this.coordinator.image
  }

  /**
   * Where clients are told to ask for changes of the cluster: here, as every broker passes them on to whoever decides, while
   * this one is alive. -1: nobody is.
   */
  get administrator(): BrokerId {
    return this.image.isAlive(this.id) ? this.id : (this.image.living[0]?.id ?? -1)
  }

  /** The settings in force. */
  get config(): BrokerConfig {
    return this.configs.broker
  }

  /** What a topic that is made without saying so gets. */
  get topicDefaults(): CreateTopics['defaults'] {
    const { numPartitions, defaultReplicationFactor, replicationScheme } = this.config
    return { partitions: numPartitions, replicationFactor: defaultReplicationFactor, scheme: replicationScheme }
  }

  topicConfig(topic: string): TopicConfig {
    return this.configs.topic(topic)
  }

  /** The replica that this broker has of a partition with a log of its own; null: none, or there is no such partition. */
  replicaOf(topic: string, partition: number): Replica | null {
    return this.#partitions.get(topic, partition)
  }

  /** What this broker has of the partition for clients, which may be a queue of a commit log; null: nothing. */
  servedOf(topic: string, partition: number): ServedPartition | null {
    return this.#partitions.served(topic, partition)
  }

  /** Who leads the partition, -1 for nobody whom clients could be sent to, and in which epoch: as far as this broker knows. */
  leaderOf(topic: TopicImage, partition: PartitionImage): { leader: BrokerId; leaderEpoch: LeaderEpoch } {
    const { leader, epoch } = this.#partitions.leaderOf(topic, partition)
    if (this.image.isAlive(leader)) return { leader, leaderEpoch: epoch }
    const { replicationScheme, primaryDownView } = this.topicConfig(topic.name)
    const backup = partition.replicas.find((broker) => this.image.isAlive(broker) && broker !== partition.replicas[0])
    // Consumers go on there. No election has taken place: with an epoch they would compare what cannot be compared (KIP-320).
    if (replicationScheme === 'primary-backup' && primaryDownView === 'read')
      return { leader: backup ?? -1, leaderEpoch: -1 }
    return { leader: -1, leaderEpoch: epoch }
  }

  /** The broker at which a consumer of that rack is to read on from there; null: at this one. */
  nearestOf(replica: ServedPartition, rack: string, from: Offset): BrokerId | null {
    if (rack === '' || this.config.replicaSelectorClass === null || !replica.leads) return null
    const copies = replica.copiesFrom(from).filter(({ broker }) => this.image.isAlive(broker))
    const rackOf = (broker: BrokerId): string | null => this.image.brokers.get(broker)?.rack ?? null
    return nearestOf({ rack, leader: this.id, copies, rackOf })
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
    const isOwn = isInternalTopic(request.topic) && request.clientId !== internalWriter
    if (isOwn || isCommitLog(request.topic)) return { code: 'internal-topic' }
    const replica = this.servedOf(request.topic, request.partition)
    if (replica === null) return { code: this.absenceOf(request.topic, request.partition) }
    const config = this.topicConfig(request.topic)
    return appendBatch(this.clock, {
      ...request,
      replica,
      segmentBytes: this.#batchBytesMax(replica, config),
      rules: {
        maxMessageBytes: config.maxMessageBytes,
        timestampType: config.messageTimestampType,
        timestampBeforeMaxMs: config.messageTimestampBeforeMaxMs,
        timestampAfterMaxMs: config.messageTimestampAfterMaxMs,
        nowMs: this.clock.nowMs(),
        origin: 'client',
        compression: storedAs(config.compressionType),
        needsKeys: config.cleanupPolicy.includes('compact'),
      },
    })
  }

  /** What fits into one segment. */
  #batchBytesMax(replica: ServedPartition, config: TopicConfig): number {
    if (!(replica instanceof GroupQueue)) return config.segmentBytes
    return this.topicConfig(replica.group.topic).segmentBytes - frameHeaderBytes
  }

  /** Moves a partition's log start to `offset`, or to the high watermark (null); durable when it resolves. */
  async deleteBefore(
    served: ServedPartition,
    offset: Offset | null,
    timeoutMs: number,
  ): Promise<Offset | ReadRefusal | AppendRefusal | { code: 'timed-out' }> {
    if (served instanceof GroupQueue) return served.deleteBefore(offset, timeoutMs)
    const replica = served.group
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
    const defaults = isInternalTopic(name) ? this.internalTopicShape : this.topicDefaults
    const { partitions, replicationFactor } = defaults
    try {
      const answer = await this.coordinator.submit('createTopics', {
        topics: [
          { name, partitions, replicationFactor, assignment: null, configs: this.#configsOf(name, replicationFactor) },
        ],
        validateOnly: false,
        defaults,
      })
      const code = answer[0]?.outcome.code
      return code === 'created' || code === 'topic-exists' ? 'made' : 'refused'
    } catch (error) {
      this.logger.warn({ topic: name, error: String(error) }, 'a topic could not be made on demand')
      return 'failed'
    }
  }

  /**
   * Shape of `__consumer_offsets`. The default factor is cut to the brokers that there are; one that was given waits for as many,
   * as the brokers of a cluster that has just been started register one by one.
   */
  get internalTopicShape(): CreateTopics['defaults'] {
    const { offsetsTopicNumPartitions: partitions, offsetsTopicReplicationFactor: factor, given } = this.config
    const isGiven = given.has('offsets.topic.replication.factor')
    const replicationFactor = isGiven ? factor : Math.min(factor, Math.max(1, this.image.brokers.size))
    return { partitions, replicationFactor, scheme: this.config.offsetsTopicReplicationScheme }
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

/** `compression.type` says `uncompressed` for what a batch's attributes call none. */
function storedAs(type: TopicConfig['compressionType']): CompressionType | 'producer' {
  return type === 'uncompressed' ? 'none' : type
}
