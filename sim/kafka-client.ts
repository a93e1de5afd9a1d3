import { check } from '../src/client/kafka-error.ts'
import { createTopics } from '../src/kafka/schema/create-topics.ts'
import { deleteRecords } from '../src/kafka/schema/delete-records.ts'
import { deleteTopics } from '../src/kafka/schema/delete-topics.ts'
import { fetch } from '../src/kafka/schema/fetch.ts'
import { listOffsets } from '../src/kafka/schema/list-offsets.ts'
import { metadata } from '../src/kafka/schema/metadata.ts'
import { offsetCommit } from '../src/kafka/schema/offset-commit.ts'
import { offsetFetch } from '../src/kafka/schema/offset-fetch.ts'
import { crcHolds } from '../src/record/batch-crc.ts'
import { batchesIn, readRecords } from '../src/record/record-reader.ts'
import type { Runtime } from '../src/runtime/runtime.ts'
import type { MemberPlan, WorkloadClient, WorkloadMember, WorkloadProducer } from './tested-broker.ts'
import { controlValueOf, type ReadRecord } from './history.ts'
import { type Caller, type ClusterCaller, requestTimeoutMs } from './kafka-link.ts'
import { KafkaMember } from './kafka-member.ts'
import { KafkaProducer } from './kafka-producer.ts'
import { valueOf } from './tombstones.ts'
import type { PlannedProducer, PlannedTopic } from './workload.ts'

/** Where topics are still named, not numbered: what is asked is the same. */
const lastVersionByName = { fetch: 12, offsetCommit: 9, offsetFetch: 9 }
const topicExists = 36
const unknownTopic = 3

/** A client of the workload that speaks Kafka's protocol, each request tried once. */
export class KafkaWorkloadClient implements WorkloadClient {
  readonly #runtime: Runtime
  readonly #open: () => ClusterCaller
  readonly #link: ClusterCaller

  /** `open` gives connections of their own. */
  constructor(runtime: Runtime, open: () => ClusterCaller) {
    this.#runtime = runtime
    this.#open = open
    this.#link = open()
  }

  openProducer(plan: PlannedProducer): WorkloadProducer {
    return new KafkaProducer(plan, { runtime: this.#runtime, link: this.#open() })
  }

  openMember(plan: MemberPlan): WorkloadMember {
    return new KafkaMember(this.#open(), plan)
  }

  async createTopic({ name, partitions, settings, replicationFactor = -1 }: PlannedTopic): Promise<void> {
    const configs = Object.entries(settings).map(([key, value]) => ({ name: key, value }))
    const answer = await this.#link.call(createTopics, {
      topics: [{ name, numPartitions: partitions, replicationFactor, assignments: [], configs }],
      timeoutMs: requestTimeoutMs,
      validateOnly: false,
    })
    // It was made by a request that was not answered.
    const refusal = answer.topics[0]
    if (refusal?.errorCode !== topicExists) check(refusal?.errorCode ?? -1, `creating ${name}`, refusal?.errorMessage)
  }

  async deleteTopic(name: string): Promise<void> {
    const answer = await this.#link.call(deleteTopics, { topics: [{ name }], timeoutMs: requestTimeoutMs })
    const code = answer.responses[0]?.errorCode ?? -1
    if (code !== unknownTopic) check(code, `deleting ${name}`)
  }

  async topics(): Promise<string[]> {
    const answer = await this.#link.call(metadata, { topics: null, allowAutoTopicCreation: false })
    return answer.topics.map(({ name }) => name ?? '')
  }

  earliest(topic: string, partition: number): Promise<number> {
    return this.offsetAt(topic, partition, -2)
  }

  async offsetAt(topic: string, partition: number, timestamp: number): Promise<number> {
    const leader = await this.#link.leader(topic, partition)
    const answer = await leader.call(listOffsets, {
      replicaId: -1,
      isolationLevel: 0,
      topics: [{ name: topic, partitions: [{ partitionIndex: partition, timestamp }] }],
      timeoutMs: requestTimeoutMs,
    })
    const found = answer.topics[0]?.partitions[0]
    check(found?.errorCode ?? -1, `listing offsets of ${topic}/${partition}`)
    return found?.offset ?? -1
  }

  async read(topic: string, partition: number, from: number, waitMs: number): Promise<ReadRecord[]> {
    for (let next = from; ; ) {
      const { records, nextOffset } = await this.#fetch(topic, partition, { from: next, waitMs })
      // Batches whose records compaction has taken are stepped over.
      if (records.length > 0 || nextOffset === next) return records
      next = nextOffset
    }
  }

  /** At the replica that is near, if the leader has sent it there (KIP-392); after any error at the leader again. */
  async #fetch(
    topic: string,
    partition: number,
    asked: { from: number; waitMs: number },
  ): Promise<{ records: ReadRecord[]; nextOffset: number }> {
    const reader = await this.#link.reader(topic, partition)
    try {
      const { records, preferredReadReplica } = await this.#fetchAt(reader, topic, partition, asked)
      if (preferredReadReplica < 0) return await recordsIn(records, asked.from)
      this.#link.readAt(topic, partition, preferredReadReplica)
    } catch (error) {
      this.#link.readAt(topic, partition, null)
      throw error
    }
    return this.#fetch(topic, partition, asked)
  }

  async #fetchAt(reader: Caller, topic: string, partition: number, { from, waitMs }: { from: number; waitMs: number }) {
    const answer = await reader.call(
      fetch,
      {
        maxWaitMs: waitMs,
        minBytes: 1,
        maxBytes: 100_000,
        isolationLevel: 0,
        sessionId: 0,
        sessionEpoch: -1,
        topics: [{ topic, partitions: [{ partition, fetchOffset: from, partitionMaxBytes: 20_000 }] }],
        forgottenTopicsData: [],
        rackId: this.#link.rack,
      },
      lastVersionByName.fetch,
    )
    check(answer.errorCode, `fetching ${topic}/${partition}`)
    const data = answer.responses[0]?.partitions[0]
    check(data?.errorCode ?? -1, `fetching ${topic}/${partition} from ${from}`)
    return { records: data?.records ?? null, preferredReadReplica: data?.preferredReadReplica ?? -1 }
  }

  async deleteRecords(topic: string, partition: number, before: number): Promise<void> {
    const leader = await this.#link.leader(topic, partition)
    const answer = await leader.call(deleteRecords, {
      topics: [{ name: topic, partitions: [{ partitionIndex: partition, offset: before }] }],
      timeoutMs: requestTimeoutMs,
    })
    check(answer.topics[0]?.partitions[0]?.errorCode ?? -1, `deleting records of ${topic}/${partition}`)
  }

  async commit(group: string, topic: string, partition: number, offset: number): Promise<void> {
    const coordinator = await this.#link.coordinator(group)
    const answer = await coordinator.call(
      offsetCommit,
      {
        groupId: group,
        memberId: '',
        topics: [
          { name: topic, partitions: [{ partitionIndex: partition, committedOffset: offset, committedMetadata: '' }] },
        ],
      },
      lastVersionByName.offsetCommit,
    )
    check(answer.topics[0]?.partitions[0]?.errorCode ?? -1, `committing for ${group}`)
  }

  async committed(group: string, topic: string, partition: number): Promise<number> {
    const coordinator = await this.#link.coordinator(group)
    const answer = await coordinator.call(
      offsetFetch,
      {
        groups: [{ groupId: group, topics: [{ name: topic, partitionIndexes: [partition] }] }],
        requireStable: true,
      },
      lastVersionByName.offsetFetch,
    )
    const found = answer.groups[0]
    check(found?.errorCode ?? -1, `asking what ${group} has committed`)
    const offset = found?.topics[0]?.partitions[0]
    check(offset?.errorCode ?? -1, `asking what ${group} has committed`)
    return offset?.committedOffset ?? -1
  }
}

async function recordsIn(
  bytes: Uint8Array | null,
  from: number,
): Promise<{ records: ReadRecord[]; nextOffset: number }> {
  const records: ReadRecord[] = []
  let nextOffset = from
  if (bytes === null) return { records, nextOffset }
  for (const batch of batchesIn(Buffer.from(bytes))) {
    if (!crcHolds(batch.bytes, batch.at))
      throw new Error(`a batch at ${batch.baseOffset} with another CRC than it says`)
    for (const record of await readRecords(batch)) {
      const { offset, timestamp } = record
      const value = batch.isControl ? controlValueOf(batch.partitionLeaderEpoch) : valueOf(record)
      if (offset >= from) records.push({ offset, timestamp, value })
    }
    nextOffset = Math.max(nextOffset, batch.nextOffset)
  }
  return { records, nextOffset }
}
