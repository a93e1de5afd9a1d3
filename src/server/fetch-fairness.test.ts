import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createTopics } from '../kafka/schema/create-topics.ts'
import { fetch } from '../kafka/schema/fetch.ts'
import { produce } from '../kafka/schema/produce.ts'
import { batchesIn } from '../record/record-reader.ts'
import { type BrokerFixture, withBroker } from './broker-fixture.ts'
import { batchOf, Known, produceTo } from './kafka-call-fixture.ts'

const count = 12
const batches = 3
const batchBytes = batchOf(1).length

/** A topic with the same number of batches in each of its partitions. */
async function withFullTopic(run: (broker: BrokerFixture, known: Known) => Promise<void>): Promise<void> {
  await withBroker(async (broker) => {
    const known = new Known()
    const topics = [{ name: 'words', numPartitions: count, replicationFactor: 1 }]
    const made = await broker.call(createTopics, 7, { topics, timeoutMs: 1000 })
    for (const { name, topicId } of made.topics) known.topicIds.set(name, topicId)
    for (let nth = 0; nth < batches * count; nth++) {
      await broker.call(produce, 12, produceTo(known, 'words', batchOf(1), { index: nth % count }))
    }
    await run(broker, known)
  })
}

/** A consumer by raw fetches: where it is in each partition, and which it names in which order. */
class Reader {
  readonly positions = new Map<number, number>()
  readonly #broker: BrokerFixture
  #sessionId = 0

  constructor(broker: BrokerFixture) {
    this.#broker = broker
    for (let index = 0; index < count; index++) this.positions.set(index, 0)
  }

  /** One fetch that names `partitions`; which of them gave records. Each gives one batch at most. */
  async fetch(
    partitions: readonly number[],
    { maxBytes, sessionEpoch = -1 }: { maxBytes: number; sessionEpoch?: number },
  ) {
    const asked = partitions.map((partition) => {
      return { partition, fetchOffset: this.positions.get(partition) ?? 0, partitionMaxBytes: batchBytes }
    })
    const topics = asked.length === 0 ? [] : [{ topic: 'words', partitions: asked }]
    const limits = { maxWaitMs: 0, minBytes: 1, maxBytes, sessionId: this.#sessionId, sessionEpoch }
    const answer = await this.#broker.call(fetch, 12, { ...limits, topics })
    assert.equal(answer.errorCode, 0)
    this.#sessionId = answer.sessionId
    const served: number[] = []
    for (const { partitionIndex, records } of answer.responses.flatMap((topic) => topic.partitions)) {
      for (const batch of batchesIn(Buffer.from(records ?? []))) {
        this.positions.set(partitionIndex, batch.nextOffset)
        served.push(partitionIndex)
      }
    }
    return served
  }

  /** By how many batches one partition is ahead of another. */
  get spread(): number {
    const positions = [...this.positions.values()]
    return Math.max(...positions) - Math.min(...positions)
  }
}

describe('partitions that all have more than one fetch may hold', () => {
  test('get their turn one after the other within a session', () =>
    withFullTopic(async (broker) => {
      const reader = new Reader(broker)
      const all = [...reader.positions.keys()]
      let moved = all
      for (let nth = 0; nth < (batches * count) / 4; nth++) {
        moved = await reader.fetch(moved, { maxBytes: 4 * batchBytes, sessionEpoch: nth })
        assert.equal(moved.length, 4)
        assert.ok(reader.spread <= 1, `one partition is ${reader.spread} batches ahead`)
      }
      assert.deepEqual([...reader.positions.values()], Array(count).fill(batches))
    }))

  test('get their turn within a session also when one batch is more than the fetch may hold', () =>
    withFullTopic(async (broker) => {
      const reader = new Reader(broker)
      let moved = [...reader.positions.keys()]
      for (let nth = 0; nth < batches * count; nth++) {
        moved = await reader.fetch(moved, { maxBytes: 1, sessionEpoch: nth })
        assert.ok(moved.length === 1 && reader.spread <= 1)
      }
      assert.equal(reader.spread, 0)
    }))

  test('are served in the order in which they are named where there is no session: the client sees to the turns', () =>
    withFullTopic(async (broker) => {
      const reader = new Reader(broker)
      let order = [...reader.positions.keys()].toReversed()
      for (let nth = 0; nth < (batches * count) / 4; nth++) {
        const served = await reader.fetch(order, { maxBytes: 4 * batchBytes })
        assert.deepEqual(served, order.slice(0, 4))
        order = [...order.slice(4), ...served]
      }
      assert.deepEqual([...reader.positions.values()], Array(count).fill(batches))
    }))
})
