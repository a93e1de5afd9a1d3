import { setTimeout as elapsed } from 'node:timers/promises'
import type { BrokerConnection } from '../../src/client/broker-connection.ts'
import { check } from '../../src/client/kafka-error.ts'
import { createTopics } from '../../src/kafka/schema/create-topics.ts'
import { incrementalAlterConfigs } from '../../src/kafka/schema/incremental-alter-configs.ts'
import { produce } from '../../src/kafka/schema/produce.ts'
import { buildBatch } from '../../src/record/batch-builder.ts'

const requestMs = 60_000
const mib = 1024 * 1024
const segmentBytes = 64 * mib
const fillBatchBytes = 512 * 1024
/** Different ones, again and again. */
const steadyBatches = 256
const set = 0
export const topicResource = 2
export const brokerResource = 4

/** How long each write took, in ms from when it was due, and how many records they were. */
export interface Written {
  readonly latencies: readonly number[]
  readonly records: number
}

/** A topic of one partition whose records have keys, each of them many times. */
export class KeyedTopic {
  readonly #connection: BrokerConnection
  readonly #name: string
  readonly #keys: number
  readonly #valueBytes: number
  #id = ''
  #nextKey = 0

  constructor(connection: BrokerConnection, of: { name: string; keys: number; valueBytes: number }) {
    this.#connection = connection
    this.#name = of.name
    this.#keys = of.keys
    this.#valueBytes = of.valueBytes
  }

  async make(): Promise<void> {
    const configs = [{ name: 'segment.bytes', value: `${segmentBytes}` }]
    const body = {
      topics: [{ name: this.#name, numPartitions: 1, replicationFactor: 1, configs }],
      timeoutMs: requestMs,
    }
    const made = (await this.#connection.call(createTopics, body, { timeoutMs: requestMs })).topics[0]
    check(made?.errorCode ?? -1, `making topic ${this.#name}`, made?.errorMessage)
    this.#id = made?.topicId ?? ''
  }

  /** Writes so much, in large batches. How many records that were. */
  async fill(megabytes: number): Promise<number> {
    const records = Math.max(1, Math.floor(fillBatchBytes / this.#valueBytes))
    const batches = Math.ceil((megabytes * mib) / (records * this.#valueBytes))
    for (let batch = 0; batch < batches; batch++) await this.#write(this.#batch(records))
    return batches * records
  }

  /** Writes in an even beat until that is over. What waits behind a slow write has waited as well. */
  async writeSteadily(
    { writesPerSecond, recordsPerWrite }: { writesPerSecond: number; recordsPerWrite: number },
    over: Promise<void>,
  ): Promise<Written> {
    // Made before: what this program takes of the processor is not to be measured as well.
    const batches = Array.from({ length: steadyBatches }, () => this.#batch(recordsPerWrite))
    const latencies: number[] = []
    const writes: Promise<void>[] = []
    let isOver = false
    const ended = over.finally(() => (isOver = true))
    const begunMs = performance.now()
    for (let nth = 0; !isOver; nth++) {
      const dueMs = begunMs + (nth * 1000) / writesPerSecond
      await elapsed(Math.max(0, dueMs - performance.now()))
      const batch = batches[nth % batches.length] as Buffer
      writes.push(this.#write(batch).then(() => void latencies.push(performance.now() - dueMs)))
    }
    await Promise.all([ended, ...writes])
    return { latencies, records: writes.length * recordsPerWrite }
  }

  async set(resourceType: number, name: string, value: string): Promise<void> {
    const resourceName = resourceType === topicResource ? this.#name : ''
    const resources = [{ resourceType, resourceName, configs: [{ name, configOperation: set, value }] }]
    const { responses } = await this.#connection.call(incrementalAlterConfigs, { resources }, { timeoutMs: requestMs })
    check(responses[0]?.errorCode ?? -1, `setting ${name}`, responses[0]?.errorMessage)
  }

  #batch(count: number): Buffer {
    const timestamp = Date.now()
    const records = Array.from({ length: count }, () => {
      // Neighbours of the log are no neighbours among the keys: each compacted batch keeps some and loses some.
      this.#nextKey = (this.#nextKey + 7_919) % this.#keys
      return { timestamp, key: Buffer.from(`key ${this.#nextKey}`), value: Buffer.alloc(this.#valueBytes, 'x') }
    })
    return buildBatch(records)
  }

  async #write(batch: Buffer): Promise<void> {
    const topicData = [{ topicId: this.#id, partitionData: [{ index: 0, records: [batch] }] }]
    const body = { acks: -1, timeoutMs: requestMs, topicData }
    const answer = await this.#connection.call(produce, body, { timeoutMs: requestMs })
    check(answer.responses[0]?.partitionResponses[0]?.errorCode ?? -1, `writing to ${this.#name}`)
  }
}
