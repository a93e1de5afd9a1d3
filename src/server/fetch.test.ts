import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RequestInputOf, ResponseOf } from '../codec/api.ts'
import { kafkaErrors } from '../kafka/errors.ts'
import { createTopics } from '../kafka/schema/create-topics.ts'
import { deleteRecords } from '../kafka/schema/delete-records.ts'
import { fetch } from '../kafka/schema/fetch.ts'
import { listOffsets } from '../kafka/schema/list-offsets.ts'
import { offsetForLeaderEpoch } from '../kafka/schema/offset-for-leader-epoch.ts'
import { produce } from '../kafka/schema/produce.ts'
import { type BrokerFixture, withBroker } from './broker-fixture.ts'
import { batchOf, fetchFrom, Known, produceTo, recordTime } from './kafka-call-fixture.ts'

const known = new Known()

async function withTopic(test: (broker: BrokerFixture) => Promise<void>, settings: Record<string, string> = {}) {
  return withBroker(
    async (broker) => {
      const topics = [{ name: 'words', numPartitions: 3, replicationFactor: 1 }]
      const made = await broker.call(createTopics, 7, { topics, timeoutMs: 1000 })
      for (const { name, topicId } of made.topics) known.topicIds.set(name, topicId)
      await test(broker)
    },
    { settings },
  )
}

async function write(broker: BrokerFixture, count: number, more: { index?: number; at?: number } = {}): Promise<void> {
  const batch = batchOf(count, {}, more.at ?? recordTime)
  const answer = await broker.call(produce, 12, produceTo(known, 'words', batch, { index: more.index ?? 0 }))
  assert.equal(answer.responses[0]?.partitionResponses[0]?.errorCode, 0)
}

const first = ({ responses }: ResponseOf<typeof fetch>) => {
  const partition = responses[0]?.partitions[0]
  return { code: partition?.errorCode, bytes: partition?.records?.length ?? 0, highWatermark: partition?.highWatermark }
}

const names = ({ responses }: ResponseOf<typeof fetch>) =>
  responses.flatMap(({ partitions }) => partitions.map(({ partitionIndex }) => partitionIndex)).sort((a, b) => a - b)

/** A fetch within a session, of whole partitions from the start. */
function inSession(
  session: { id: number; epoch: number },
  partitions: readonly { index: number; from?: number }[],
  forgotten: readonly number[] = [],
): RequestInputOf<typeof fetch> {
  return {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1_000_000,
    sessionId: session.id,
    sessionEpoch: session.epoch,
    topics:
      partitions.length === 0
        ? []
        : [
            {
              topic: 'words',
              partitions: partitions.map(({ index, from = 0 }) => {
                return { partition: index, fetchOffset: from, partitionMaxBytes: 1_000_000 }
              }),
            },
          ],
    forgottenTopicsData: forgotten.length === 0 ? [] : [{ topic: 'words', partitions: [...forgotten] }],
  }
}

describe('a fetch', () => {
  test('at the end of the log waits for records, and no longer than it was told to', () =>
    withTopic(async (broker) => {
      const before = broker.world.nowMs
      const waiting = await broker.connect()
      const request = { ...fetchFrom(known, 'words'), maxWaitMs: 5000 }
      const none = await waiting.request(fetch, 12, request)
      assert.deepEqual(first(none), { code: 0, bytes: 0, highWatermark: 0 })
      const waitedMs = broker.world.nowMs - before
      assert.ok(waitedMs >= 4900 && waitedMs < 5200, `${waitedMs}`)
      const some = waiting.request(fetch, 12, request)
      await broker.sleep(1000)
      await write(broker, 2)
      assert.ok(first(await some).bytes > 0)
      assert.ok(broker.world.nowMs - before < 8000)
    }))

  test('waits until there are as many bytes as it wants', () =>
    withTopic(async (broker) => {
      const waiting = await broker.connect()
      const asked = waiting.request(fetch, 12, { ...fetchFrom(known, 'words'), maxWaitMs: 60_000, minBytes: 400 })
      let answered = false
      void asked.then(() => {
        answered = true
      })
      for (let count = 0; count < 2; count++) {
        await write(broker, 2)
        await broker.sleep(100)
        assert.equal(answered, false)
      }
      await write(broker, 20)
      assert.equal(first(await asked).highWatermark, 24)
    }))

  test('gets the first batch however small its limits are, and nothing else beyond them', () =>
    withTopic(async (broker) => {
      for (const index of [0, 0, 1]) await write(broker, 10, { index })
      const request = {
        ...inSession({ id: 0, epoch: -1 }, [{ index: 0 }, { index: 1 }]),
        maxBytes: 1,
      }
      const { responses } = await broker.call(fetch, 12, request)
      const sizes = responses[0]?.partitions.map(({ records }) => records?.length ?? 0)
      assert.deepEqual(sizes, [batchOf(10).length, 0])
    }))

  test('outside of the log is refused, and one that believes in another leadership is told so', () =>
    withTopic(async (broker) => {
      await write(broker, 2)
      await broker.restart()
      const codeOf = async (more: object) => first(await broker.call(fetch, 12, fetchFrom(known, 'words', more))).code
      assert.equal(await codeOf({ from: 3 }), kafkaErrors.OFFSET_OUT_OF_RANGE.code)
      assert.equal(await codeOf({ from: -1 }), kafkaErrors.OFFSET_OUT_OF_RANGE.code)
      assert.equal(await codeOf({ leaderEpoch: 0 }), kafkaErrors.FENCED_LEADER_EPOCH.code)
      assert.equal(await codeOf({ leaderEpoch: 1 }), 0)
      assert.equal(await codeOf({ leaderEpoch: 2 }), kafkaErrors.UNKNOWN_LEADER_EPOCH.code)
    }))

  test('that waits ends when its partition is deleted', () =>
    withTopic(async (broker) => {
      const { deleteTopics } = await import('../kafka/schema/delete-topics.ts')
      const waiting = await broker.connect()
      const asked = waiting.request(fetch, 12, { ...fetchFrom(known, 'words'), maxWaitMs: 600_000 })
      await broker.sleep(10)
      await broker.call(deleteTopics, 5, { topicNames: ['words'], timeoutMs: 1000 })
      assert.notEqual(first(await asked).code, 0)
    }))
})

describe('a fetch session', () => {
  test('names once what it wants, and is sent only what has changed', () =>
    withTopic(async (broker) => {
      await write(broker, 1)
      const all = [0, 1, 2].map((index) => ({ index, from: index === 0 ? 1 : 0 }))
      const begun = await broker.call(fetch, 12, inSession({ id: 0, epoch: 0 }, all))
      assert.ok(begun.sessionId > 0)
      assert.deepEqual(names(begun), [0, 1, 2])
      const id = begun.sessionId
      assert.deepEqual(names(await broker.call(fetch, 12, inSession({ id, epoch: 1 }, []))), [])
      await write(broker, 1, { index: 2 })
      assert.deepEqual(names(await broker.call(fetch, 12, inSession({ id, epoch: 2 }, []))), [2])
      await broker.call(fetch, 12, inSession({ id, epoch: 3 }, [{ index: 2, from: 1 }], [0]))
      await write(broker, 1, { index: 0 })
      await write(broker, 1, { index: 2 })
      assert.deepEqual(names(await broker.call(fetch, 12, inSession({ id, epoch: 4 }, []))), [2])
    }))

  test('that is unknown, at another epoch or closed is refused as such', () =>
    withTopic(async (broker) => {
      const codeOf = async (session: { id: number; epoch: number }) =>
        (await broker.call(fetch, 12, inSession(session, []))).errorCode
      const { sessionId: id } = await broker.call(fetch, 12, inSession({ id: 0, epoch: 0 }, [{ index: 0 }]))
      assert.equal(await codeOf({ id: id === 1 ? 2 : 1, epoch: 1 }), kafkaErrors.FETCH_SESSION_ID_NOT_FOUND.code)
      assert.equal(await codeOf({ id, epoch: 5 }), kafkaErrors.INVALID_FETCH_SESSION_EPOCH.code)
      const mixed = { ...inSession({ id, epoch: 1 }, []) }
      const byId = await broker.call(fetch, 13, mixed)
      assert.equal(byId.errorCode, kafkaErrors.FETCH_SESSION_TOPIC_ID_ERROR.code)
      await broker.call(fetch, 12, inSession({ id, epoch: -1 }, []))
      assert.equal(await codeOf({ id, epoch: 1 }), kafkaErrors.FETCH_SESSION_ID_NOT_FOUND.code)
    }))

  test('is given while there is room, and again once another has not been used for two minutes', () =>
    withTopic(
      async (broker) => {
        const begin = async () =>
          (await broker.call(fetch, 12, inSession({ id: 0, epoch: 0 }, [{ index: 0 }]))).sessionId
        const oldest = await begin()
        assert.ok(oldest > 0)
        assert.equal(await begin(), 0)
        await broker.sleep(130_000)
        assert.ok((await begin()) > 0)
        const evicted = await broker.call(fetch, 12, inSession({ id: oldest, epoch: 1 }, []))
        assert.equal(evicted.errorCode, kafkaErrors.FETCH_SESSION_ID_NOT_FOUND.code)
      },
      { 'max.incremental.fetch.session.cache.slots': '1' },
    ))
})

describe('offsets', () => {
  const offsetAt = async (broker: BrokerFixture, timestamp: number) => {
    const topics = [{ name: 'words', partitions: [{ partitionIndex: 0, timestamp }] }]
    const partition = (await broker.call(listOffsets, 7, { replicaId: -1, topics })).topics[0]?.partitions[0]
    return [partition?.errorCode, partition?.offset, partition?.timestamp]
  }
  const deleteTo = async (broker: BrokerFixture, offset: number) => {
    const topics = [{ name: 'words', partitions: [{ partitionIndex: 0, offset }] }]
    const partition = (await broker.call(deleteRecords, 2, { topics, timeoutMs: 1000 })).topics[0]?.partitions[0]
    return [partition?.errorCode, partition?.lowWatermark]
  }

  test('are found by time, by both ends and by the highest time, and the same after a kill', () =>
    withTopic(async (broker) => {
      await write(broker, 3)
      await write(broker, 2, { at: recordTime + 5000 })
      await write(broker, 1, { at: recordTime + 1000 })
      for (let life = 0; life < 2; life++) {
        assert.deepEqual(await offsetAt(broker, -1), [0, 6, -1])
        assert.deepEqual(await offsetAt(broker, -2), [0, 0, -1])
        assert.deepEqual(await offsetAt(broker, -3), [0, 4, recordTime + 5001])
        assert.deepEqual(await offsetAt(broker, recordTime + 1), [0, 1, recordTime + 1])
        assert.deepEqual(await offsetAt(broker, recordTime + 6000), [0, -1, -1])
        await broker.fail('crash')
      }
    }))

  test('below a deleted one are gone, through a kill too, and no more is deleted than is there', () =>
    withTopic(async (broker) => {
      await write(broker, 5)
      const { code } = kafkaErrors.OFFSET_OUT_OF_RANGE
      assert.deepEqual(await deleteTo(broker, 6), [code, -1])
      assert.deepEqual(await deleteTo(broker, 3), [0, 3])
      assert.deepEqual(await deleteTo(broker, 2), [0, 3])
      await broker.fail('crash')
      assert.deepEqual(await offsetAt(broker, -2), [0, 3, -1])
      assert.equal(first(await broker.call(fetch, 12, fetchFrom(known, 'words', { from: 2 }))).code, code)
      assert.deepEqual(await deleteTo(broker, -1), [0, 5])
    }))

  test('of the ends of epochs are kept: each start begins a new one', () =>
    withTopic(async (broker) => {
      const endOf = async (leaderEpoch: number) => {
        const topics = [{ topic: 'words', partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch }] }]
        const answer = await broker.call(offsetForLeaderEpoch, 4, { replicaId: -1, topics })
        const partition = answer.topics[0]?.partitions[0]
        return [partition?.leaderEpoch, partition?.endOffset]
      }
      await write(broker, 2)
      await broker.restart()
      await write(broker, 3)
      await broker.fail('crash')
      await write(broker, 1)
      assert.deepEqual(await endOf(0), [0, 2])
      assert.deepEqual(await endOf(1), [1, 5])
      assert.deepEqual(await endOf(2), [2, 6])
      assert.deepEqual(await endOf(3), [-1, -1])
    }))
})
