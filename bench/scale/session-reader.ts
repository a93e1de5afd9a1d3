import type { BrokerConnection } from '../../src/client/broker-connection.ts'
import { check } from '../../src/client/kafka-error.ts'
import { fetch } from '../../src/kafka/schema/fetch.ts'
import { batchesIn } from '../../src/record/record-reader.ts'
import { type ManyPartitions, oneBatch } from './many-partitions.ts'

interface Place {
  readonly topicId: string
  readonly partition: number
  position: number
}

const requestMs = 60_000
/** A partition gives one batch at a time: so it is seen whether the others had their turn before its next one. */
const partitionMaxBytes = oneBatch().length

/**
 * A consumer of every partition by one fetch session, as Kafka's clients do it: after the first fetch it names only the
 * partitions whose position has moved.
 */
export class SessionReader {
  readonly #connection: BrokerConnection
  readonly #places = new Map<string, Place>()
  #moved: Place[]
  #sessionId = 0
  #sessionEpoch = 0

  constructor(connection: BrokerConnection, topics: readonly ManyPartitions[]) {
    this.#connection = connection
    for (const { id: topicId, partitions } of topics) {
      for (let partition = 0; partition < partitions; partition++) {
        this.#places.set(`${topicId}:${partition}`, { topicId, partition, position: 0 })
      }
    }
    this.#moved = [...this.#places.values()]
  }

  /** Where each partition is read next, in no order. */
  *positions(): Iterable<number> {
    for (const { position } of this.#places.values()) yield position
  }

  /** One fetch; resolves with how many partitions gave records. */
  async fetch(limits: { maxBytes: number; minBytes: number; maxWaitMs: number }): Promise<number> {
    const body = { ...limits, isolationLevel: 0, sessionId: this.#sessionId, sessionEpoch: this.#sessionEpoch }
    const answer = await this.#connection.call(fetch, { ...body, topics: this.#topics() }, { timeoutMs: requestMs })
    check(answer.errorCode, 'fetching')
    this.#sessionId = answer.sessionId
    this.#sessionEpoch += 1
    this.#moved = []
    for (const { topicId, partitions } of answer.responses) {
      for (const { partitionIndex, errorCode, records } of partitions) {
        check(errorCode, `fetching partition ${partitionIndex}`)
        this.#take(`${topicId}:${partitionIndex}`, Buffer.from(records ?? []))
      }
    }
    return this.#moved.length
  }

  #take(key: string, records: Buffer): void {
    const place = this.#places.get(key)
    if (place === undefined) throw new Error(`the broker sent ${key}, which was not asked for`)
    if (records.length === 0) return
    for (const batch of batchesIn(records)) place.position = batch.nextOffset
    this.#moved.push(place)
  }

  #topics() {
    const byTopic = new Map<string, { partition: number; fetchOffset: number; partitionMaxBytes: number }[]>()
    for (const { topicId, partition, position } of this.#moved) {
      const list = byTopic.get(topicId) ?? []
      list.push({ partition, fetchOffset: position, partitionMaxBytes })
      byTopic.set(topicId, list)
    }
    return [...byTopic].map(([topicId, partitions]) => ({ topicId, partitions }))
  }
}
