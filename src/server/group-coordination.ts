import type { Broker } from '../broker/broker.ts'
import type { LeadershipListener } from '../broker/hosted-partitions.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { BrokerEndpoint, CoordinatorLocator } from '../consumer-group/coordinator-locator.ts'
import { GroupService } from '../consumer-group/group-service.ts'
import type { GroupSettings } from '../consumer-group/group-settings.ts'
import {
  AppendRefused,
  type AppendRefusalCode,
  type OffsetsPartition,
  type OffsetsRecord,
  type OffsetsTopic,
  type TopicNames,
} from '../consumer-group/offsets-topic.ts'
import { offsetsTopicName } from '../metadata/topic-name.ts'
import { buildBatch } from '../record/batch-builder.ts'
import type { LeaderEpoch, Offset } from '../record/offset.ts'
import { commitOwnBatch } from '../replica/commit-own-batch.ts'
import type { AppendRefusal } from '../replica/refusal.ts'
import type { Replica } from '../replica/replica.ts'
import { visitRecords } from '../replica/visit-records.ts'

/** How long a broker tries to find out that it still coordinates a group. */
const stillLedMs = 2_000

/** Ties consumer groups to the broker: their offsets live in a topic like any other, and move with its leaders. */
export class GroupCoordination implements OffsetsTopic, CoordinatorLocator, TopicNames, LeadershipListener {
  readonly service: GroupService
  readonly #broker: Broker
  readonly #loading = new Set<Promise<void>>()
  #making: Promise<void> | null = null

  constructor(broker: Broker) {
    this.#broker = broker
    const { clock, logger } = broker
    const runtime = { clock, logger, random: broker.random }
    this.service = new GroupService({ runtime, settings: settingsOf(broker.config), topic: this })
  }

  get partitions(): number {
    const topic = this.#broker.image.topics.get(offsetsTopicName)
    return topic?.partitions.length ?? this.#broker.internalTopicShape.partitions
  }

  async open(partition: number, epoch: LeaderEpoch): Promise<OffsetsPartition> {
    const replica = this.#broker.replicaOf(offsetsTopicName, partition)
    if (replica === null || !replica.leads || replica.epoch !== epoch) throw new AppendRefused('not-leader')
    const refusal = await replica.whenCommitted(replica.log.logEndOffset)
    if (refusal !== null) throw refused(refusal)
    return {
      partition,
      append: (records) => this.#append(replica, records),
      load: (visit) =>
        visitRecords(replica, ({ key, value, offset, timestamp }) => {
          if (key !== null) visit({ key, value, offset, timestamp })
        }),
    }
  }

  async stillLed(partition: number): Promise<boolean> {
    const replica = this.#broker.replicaOf(offsetsTopicName, partition)
    if (replica === null) return false
    return new Promise((resolve) => {
      const timer = this.#broker.clock.setTimer(stillLedMs, () => resolve(false))
      void replica.whenProven().then((refusal) => {
        timer.cancel()
        resolve(refusal === null)
      })
    })
  }

  async ensure(): Promise<boolean> {
    // The image knows the topic before its partitions are led: whoever asks meanwhile waits for the same making.
    if (!this.#broker.image.topics.has(offsetsTopicName)) this.#making ??= this.#make()
    await this.#making
    await this.loaded()
    return this.#broker.image.topics.has(offsetsTopicName)
  }

  async #make(): Promise<void> {
    try {
      await this.#broker.createTopicOnDemand(offsetsTopicName)
    } finally {
      this.#making = null
    }
  }

  /** Resolves once the groups of all partitions led now are loaded, or cannot be. */
  async loaded(): Promise<void> {
    await Promise.allSettled(this.#loading)
  }

  brokerFor(partition: number): BrokerEndpoint | null {
    const { image } = this.#broker
    const topic = image.topics.get(offsetsTopicName)
    const led = topic?.partitions[partition]
    if (topic === undefined || led === undefined) return null
    const broker = image.brokers.get(this.#broker.leaderOf(topic, led).leader)
    return broker === undefined ? null : { nodeId: broker.id, host: broker.host, port: broker.port }
  }

  self(): BrokerEndpoint {
    return { nodeId: this.#broker.id, ...this.#broker.endpoint }
  }

  idOf(name: string): string | null {
    return this.#broker.image.topics.get(name)?.id ?? null
  }

  nameOf(id: string): string | null {
    return this.#broker.image.topicById(id)?.name ?? null
  }

  partitionsOf(name: string): number {
    return this.#broker.image.topics.get(name)?.partitions.length ?? 0
  }

  elected(topic: string, partition: number, replica: Replica): void {
    if (topic !== offsetsTopicName) return
    const loading: Promise<void> = this.service.elected(partition, replica.epoch).finally(() => {
      this.#loading.delete(loading)
    })
    this.#loading.add(loading)
  }

  resigned(topic: string, partition: number): void {
    if (topic === offsetsTopicName) this.service.resigned(partition)
  }

  topicsDeleted(names: readonly string[]): void {
    this.service.topicsDeleted(names)
  }

  async #append(replica: Replica, records: readonly OffsetsRecord[]): Promise<Offset> {
    const timestamp = this.#broker.clock.nowMs()
    const batch = buildBatch(records.map(({ key, value }) => ({ timestamp, key, value })))
    if (batch.length > this.#broker.topicConfig(offsetsTopicName).maxMessageBytes) throw new AppendRefused('too-large')
    const committed = await commitOwnBatch(replica, batch, timestamp)
    if (typeof committed !== 'number') throw refused(committed)
    return committed
  }
}

const codes: Partial<Record<AppendRefusal['code'], AppendRefusalCode>> = {
  'not-leader': 'not-leader',
  'not-enough-replicas': 'not-enough-replicas',
  'storage-error': 'storage-failed',
}

function refused(refusal: AppendRefusal): AppendRefused {
  return new AppendRefused(codes[refusal.code] ?? 'not-leader')
}

function settingsOf(config: BrokerConfig): GroupSettings {
  return {
    initialRebalanceDelayMs: config.groupInitialRebalanceDelayMs,
    sessionTimeoutMsMin: config.groupMinSessionTimeoutMs,
    sessionTimeoutMsMax: config.groupMaxSessionTimeoutMs,
    groupMembersMax: config.groupMaxSize,
    offsetsRetentionMs: config.offsetsRetentionMinutes * 60_000,
    offsetsRetentionCheckIntervalMs: config.offsetsRetentionCheckIntervalMs,
    commitTimeoutMs: config.offsetsCommitTimeoutMs,
    offsetMetadataMax: config.offsetMetadataMaxBytes,
    pendingMembersMax: config.groupPendingMembersMax,
    memberMetadataBytesMax: config.groupMemberMetadataMaxBytes,
  }
}
