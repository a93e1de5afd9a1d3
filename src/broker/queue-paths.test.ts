import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uuidFromBytes } from '../codec/uuid.ts'
import { bytesOf, openTestLog } from '../log/log-fixture.ts'
import { unboundedReadMemory } from '../log/read-memory.ts'
import { buildBatch } from '../record/batch-builder.ts'
import { BatchHeader } from '../record/batch-header.ts'
import type { OpeningRules } from '../record/batch-opening.ts'
import { GroupQueue } from '../replica/group-queue.ts'
import { Replica } from '../replica/replica.ts'
import { majorityScheme } from '../replication/schemes.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { appendBatch } from './append-path.ts'
import { WaitingRead } from './read-path.ts'

const self = { broker: 1, directory: 'AAAAAAAAAAAAAAAAAAAAZA' }
const alone = { replicas: [self], inSync: [1], eligible: [], partitionEpoch: 0 }
const topicId = uuidFromBytes(Buffer.alloc(16, 9))

async function openQueues(runtime: Runtime): Promise<[GroupQueue, GroupQueue]> {
  const { clock, logger } = runtime
  const scheme = majorityScheme
  const group = await Replica.open({ topic: 'g', partition: 0, self, scheme, clock, logger }, async (events) => {
    return (await openTestLog(runtime, { events, unit: 'broker' })).log
  })
  group.lead(1, alone)
  const queue = (partition: number) => new GroupQueue({ topic: 't', topicId, partition }, { group, clock })
  return [queue(0), queue(1)]
}

async function inWorld(run: (runtime: Runtime, world: SimWorld) => Promise<void>): Promise<void> {
  const world = new SimWorld(5)
  await world.complete(run(world.node('broker').runtime, world))
}

function produce({ clock }: Runtime, queue: GroupQueue, value: string, timestampType: OpeningRules['timestampType']) {
  return appendBatch(clock, {
    replica: queue,
    batches: buildBatch([{ timestamp: 1, value: Buffer.from(value) }]),
    acks: -1,
    timeoutMs: 1000,
    segmentBytes: 1_000_000,
    rules: {
      maxMessageBytes: 1_000_000,
      timestampType,
      timestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
      timestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
      nowMs: clock.nowMs(),
      origin: 'client',
      compression: 'producer',
      needsKeys: false,
    },
  })
}

function readFrom({ clock }: Runtime, replica: GroupQueue): WaitingRead {
  return new WaitingRead(clock, [{ replica, wish: { from: 0, maxBytes: 1000, leaderEpoch: -1 } }], {
    minBytes: 1,
    maxWaitMs: 60_000,
    maxBytes: 1000,
    committedTransactionsOnly: false,
    memory: { ...unboundedReadMemory, wait() {}, forget() {} },
  })
}

test('produces to queues of one group are answered with their own offsets, each with its topic’s kind of timestamps', () =>
  inWorld(async (runtime) => {
    const [one, other] = await openQueues(runtime)
    const outcomes = await Promise.all([
      produce(runtime, one, 'a', 'CreateTime'),
      produce(runtime, other, 'b', 'LogAppendTime'),
      produce(runtime, one, 'c', 'CreateTime'),
    ])
    const places = outcomes.map((outcome) => ('code' in outcome ? outcome.code : outcome.baseOffset))
    assert.deepEqual(places, [0, 0, 1])
    const stamped = outcomes.map((outcome) => 'code' in outcome || outcome.logAppendTime >= 0)
    assert.deepEqual(stamped, [false, true, false])
  }))

test('a read that waits at a queue is woken by what is committed in it, and not by what moves elsewhere in the group', () =>
  inWorld(async (runtime) => {
    const [one, other] = await openQueues(runtime)
    const reading = readFrom(runtime, one).run()
    let woken = 0
    one.watch(() => void woken++)
    await produce(runtime, other, 'b', 'CreateTime')
    assert.equal(woken, 0)
    await produce(runtime, one, 'a', 'CreateTime')
    assert.equal(woken, 1)
    const [read] = (await reading)?.partitions ?? []
    assert.ok(read !== undefined && !('code' in read) && read.slice !== null)
    assert.equal(read.highWatermark, 1)
    assert.equal(new BatchHeader(bytesOf(read.slice)).baseOffset, 0)
  }))
