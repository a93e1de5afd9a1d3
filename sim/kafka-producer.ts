import { check, KafkaError } from '../src/client/kafka-error.ts'
import { initProducerId } from '../src/kafka/schema/init-producer-id.ts'
import { produce } from '../src/kafka/schema/produce.ts'
import { buildBatch } from '../src/record/batch-builder.ts'
import type { Runtime } from '../src/runtime/runtime.ts'
import type { WorkloadProducer } from './tested-broker.ts'
import type { ClusterCaller } from './kafka-link.ts'
import { contentOf } from './tombstones.ts'
import type { PlannedProducer } from './workload.ts'

/** The last version of Produce that names topics. */
const lastVersionByName = 12
/**
 * What a broker says that knows of fewer batches than the producer has had acknowledged (a power cut took them): the
 * producer begins again with another id, as its own batch was refused and is nowhere.
 */
const startsAnewAfter = new Set(['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID', 'INVALID_PRODUCER_EPOCH'])

interface Identity {
  readonly id: number
  readonly epoch: number
}

/** One producer with one batch in flight. */
export class KafkaProducer implements WorkloadProducer {
  readonly #plan: PlannedProducer
  readonly #runtime: Runtime
  readonly #link: ClusterCaller
  #identity: Identity | null = null
  /** The next sequence number by partition; a batch keeps its own until it is answered. */
  readonly #sequences = new Map<string, number>()
  /** Bytes of the batch of the call before. */
  #last: { batch: Buffer; records: number } | null = null

  constructor(plan: PlannedProducer, surroundings: { runtime: Runtime; link: ClusterCaller }) {
    this.#plan = plan
    this.#runtime = surroundings.runtime
    this.#link = surroundings.link
  }

  async send(sent: {
    topic: string
    partition: number
    values: readonly string[]
    keys?: readonly string[]
    again: boolean
  }): Promise<number | null> {
    const { topic, partition, values, keys = [], again } = sent
    if (!again) this.#last = null
    if (this.#plan.idempotent && this.#identity === null) await this.#identify()
    const key = `${topic}/${partition}`
    this.#last ??= { batch: this.#build(key, values, keys), records: values.length }
    const body = {
      acks: this.#plan.acks,
      timeoutMs: 1000,
      topicData: [{ name: topic, partitionData: [{ index: partition, records: this.#last.batch }] }],
    }
    const leader = await this.#link.leader(topic, partition)
    if (this.#plan.acks === 0) {
      await leader.tell(produce, body, lastVersionByName)
      return null
    }
    const answer = await leader.call(produce, body, lastVersionByName)
    const stored = answer.responses[0]?.partitionResponses[0]
    try {
      check(stored?.errorCode ?? -1, `producing to ${key}`, stored?.errorMessage)
    } catch (error) {
      if (error instanceof KafkaError && startsAnewAfter.has(error.codeName)) this.#beginAnew()
      throw error
    }
    this.#sequences.set(key, ((this.#sequences.get(key) ?? 0) + values.length) % 2 ** 31)
    return stored?.baseOffset ?? -1
  }

  #build(partition: string, values: readonly string[], keys: readonly string[]): Buffer {
    const timestamp = this.#runtime.clock.nowMs()
    const records = values.map((value, index) => ({
      timestamp: timestamp + (index % 3),
      key: keys[index] === undefined ? null : Buffer.from(keys[index]),
      ...contentOf(value),
    }))
    if (this.#identity === null) return buildBatch(records)
    return buildBatch(records, { producer: { ...this.#identity, baseSequence: this.#sequences.get(partition) ?? 0 } })
  }

  async #identify(): Promise<void> {
    const answer = await this.#link.call(initProducerId, {
      transactionalId: null,
      transactionTimeoutMs: 60_000,
      producerId: -1,
      producerEpoch: -1,
    })
    check(answer.errorCode, 'asking for a producer id')
    this.#identity = { id: answer.producerId, epoch: answer.producerEpoch }
  }

  /** Sequence numbers begin anew, everywhere, and what was refused is sent with the first of them. */
  #beginAnew(): void {
    this.#last = null
    this.#sequences.clear()
    this.#identity = null
  }
}
