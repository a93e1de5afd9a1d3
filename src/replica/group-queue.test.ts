import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { uuidFromBytes } from '../codec/uuid.ts'
import { bytesOf, openTestLog, testSettings } from '../log/log-fixture.ts'
import type { LogSettings } from '../log/log-settings.ts'
import { buildBatch } from '../record/batch-builder.ts'
import { BatchHeader } from '../record/batch-header.ts'
import type { ReplicaId } from '../replication/replica-id.ts'
import { isrScheme, majorityScheme, type Scheme } from '../replication/schemes.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { GroupQueue } from './group-queue.ts'
import { ownBatch } from './own-batch.ts'
import { Replica } from './replica.ts'

const self = { broker: 1, directory: 'AAAAAAAAAAAAAAAAAAAAZA' }
const alone = { replicas: [self], inSync: [1], eligible: [], partitionEpoch: 0 }
const topicId = uuidFromBytes(Buffer.alloc(16, 9))
const reading = { from: 0, maxBytes: 1000, minOneBatch: true, committedTransactionsOnly: false, leaderEpoch: -1 }
const asTold = { allInSync: true, timestampType: 'CreateTime' } as const

interface Group {
  readonly group: Replica
  readonly queues: readonly [GroupQueue, GroupQueue]
}

async function openGroup(runtime: Runtime, scheme: Scheme, settings: LogSettings = testSettings): Promise<Group> {
  const { clock, logger } = runtime
  const group = await Replica.open({ topic: 'g', partition: 0, self, scheme, clock, logger }, async (events) => {
    return (await openTestLog(runtime, { events, settings, unit: 'broker' })).log
  })
  const queue = (partition: number) => new GroupQueue({ topic: 't', topicId, partition }, { group, clock })
  return { group, queues: [queue(0), queue(1)] }
}

const batchOf = (...values: string[]) =>
  ownBatch(buildBatch(values.map((value) => ({ timestamp: 1, value: Buffer.from(value) }))), 1)

async function inWorld(run: (runtime: Runtime) => Promise<void>): Promise<void> {
  const world = new SimWorld(5)
  await world.complete(run(world.node('broker').runtime))
}

async function committed(queue: GroupQueue, ...values: string[]): Promise<void> {
  const appended = queue.append(batchOf(...values), asTold)
  assert.ok(!('code' in appended))
  assert.equal(await queue.group.whenCommitted(appended.upTo), null)
}

describe('a queue of a group', () => {
  test('gives out its own offsets, and shows nothing that the group has not committed', () =>
    inWorld(async (runtime) => {
      const { group, queues } = await openGroup(runtime, majorityScheme)
      group.lead(1, alone)
      const appended = queues.map((queue) => queue.append(batchOf('a', 'b'), asTold))
      const places = appended.map((one) => ('code' in one ? one.code : [one.baseOffset, one.lastOffset, one.upTo]))
      // The group's first offset is that of the entry with which its leader has begun.
      assert.deepEqual(places, [
        [0, 1, 3],
        [0, 1, 5],
      ])
      assert.deepEqual(
        queues.map(({ highWatermark }) => highWatermark),
        [0, 0],
      )
      assert.equal(await group.whenCommitted(5), null)
      for (const queue of queues) {
        assert.equal(queue.latest({ committedTransactionsOnly: false }), 2)
        const read = queue.read(reading)
        assert.ok(!('code' in read) && read.slice !== null)
        const batch = new BatchHeader(bytesOf(await read.slice))
        assert.deepEqual([batch.baseOffset, batch.partitionLeaderEpoch], [0, 1])
      }
    }))

  test('refuses as its group does', () =>
    inWorld(async (runtime) => {
      const { group, queues } = await openGroup(runtime, majorityScheme)
      const refusal = { code: 'not-leader', leader: null, epoch: -1 }
      assert.deepEqual(queues[0].append(batchOf('a'), asTold), refusal)
      assert.deepEqual(queues[0].read(reading), refusal)
      assert.deepEqual(await queues[0].deleteBefore(null, 1000), refusal)
      group.lead(1, alone)
      assert.deepEqual(queues[0].read({ ...reading, leaderEpoch: 0 }), { code: 'fenced-leader-epoch' })
    }))

  test('knows where an epoch ends in it, by where that ends in the group', () =>
    inWorld(async (runtime) => {
      const { group, queues } = await openGroup(runtime, majorityScheme)
      group.lead(1, alone)
      await committed(queues[0], 'a', 'b')
      await committed(queues[1], 'c')
      group.lead(4, alone)
      await committed(queues[0], 'd')
      assert.deepEqual(await queues[0].endOffsetFor(1), { epoch: 1, endOffset: 2 })
      assert.deepEqual(await queues[1].endOffsetFor(3), { epoch: 1, endOffset: 1 })
      assert.deepEqual(await queues[0].endOffsetFor(4), { epoch: 4, endOffset: 3 })
      assert.deepEqual(await queues[0].endOffsetFor(5), { epoch: -1, endOffset: -1 })
    }))

  test('begins where it is told to once the group has committed that, and its offsets go on', () =>
    inWorld(async (runtime) => {
      const { group, queues } = await openGroup(runtime, majorityScheme)
      group.lead(1, alone)
      await committed(queues[0], 'a', 'b', 'c')
      assert.deepEqual(await queues[0].deleteBefore(4, 1000), {
        code: 'offset-out-of-range',
        logStartOffset: 0,
        highWatermark: 3,
      })
      assert.equal(await queues[0].deleteBefore(2, 1000), 2)
      assert.deepEqual(queues[0].read({ ...reading, from: 1 }), {
        code: 'offset-out-of-range',
        logStartOffset: 2,
        highWatermark: 3,
      })
      assert.equal(await queues[0].deleteBefore(null, 1000), 3)
      assert.equal(await queues[0].deleteBefore(1, 1000), 3)
      await committed(queues[0], 'd')
      assert.equal(queues[0].highWatermark, 4)
    }))

  test('answers a duplicate with the stored offsets, when what is stored has been committed', () =>
    inWorld(async (runtime) => {
      const { group, queues } = await openGroup(runtime, majorityScheme)
      group.lead(1, alone)
      const producer = { id: 7, epoch: 0, baseSequence: 0 }
      const once = () => ownBatch(buildBatch([{ timestamp: 1, value: Buffer.from('v') }], { producer }), 1)
      const [first, again, elsewhere] = [queues[0], queues[0], queues[1]].map((queue) => queue.append(once(), asTold))
      assert.ok(first !== undefined && !('code' in first) && again !== undefined && !('code' in again))
      assert.deepEqual([again.duplicate, again.baseOffset, again.upTo], [true, 0, first.upTo])
      assert.ok(elsewhere !== undefined && !('code' in elsewhere) && !elsewhere.duplicate)
    }))
})

test('retention of a group keeps the ends of queues that have nothing left, in the log itself', () =>
  inWorld(async (runtime) => {
    const settings = { ...testSettings, segmentBytes: 400, retention: { ms: -1, bytes: 500 } }
    const { group, queues } = await openGroup(runtime, isrScheme(1), settings)
    group.lead(1, alone)
    await committed(queues[1], 'idle', 'idle')
    for (let i = 0; i < 12; i++) await committed(queues[0], `value ${i}`)
    await group.log.flush()
    const before = group.log.logEndOffset
    assert.equal(await group.expire(), false)
    assert.equal(group.log.logEndOffset, before + 1, 'an entry tells of the idle queue')
    assert.equal(await group.expire(), false, 'which is not committed yet')
    assert.equal(await group.whenCommitted(before + 1), null)
    assert.equal(await group.expire(), true)
    assert.ok(group.log.logStartOffset > 2)
    assert.deepEqual([queues[1].log.logStartOffset, queues[1].log.logEndOffset], [2, 2])
    await group.log.removeBelowLogStart()
    assert.ok(queues[0].log.logStartOffset > 0)
    // Told once, it need not be told again until the beginning passes that.
    for (let i = 0; i < 3; i++) await committed(queues[0], `value ${i}`)
    await group.log.flush()
    const end = group.log.logEndOffset
    await group.expire()
    assert.equal(group.log.logEndOffset, end)
  }))

test('the log does not begin above all that tells of a queue but for what is not committed, and may be cut', () =>
  inWorld(async (runtime) => {
    const settings = { ...testSettings, segmentBytes: 400, retention: { ms: -1, bytes: 500 } }
    const { group, queues } = await openGroup(runtime, isrScheme(1), settings)
    group.lead(1, alone)
    await committed(queues[1], 'committed')
    for (let i = 0; i < 12; i++) await committed(queues[0], `value ${i}`)
    await group.log.flush()
    const other = { broker: 2, directory: 'BBBBBBBBBBBBBBBBBBBBZA' }
    const sets = (replicas: ReplicaId[], partitionEpoch: number) => {
      const inSync = replicas.map(({ broker }) => broker)
      group.configure({ settings, scheme: isrScheme(1), sets: { ...alone, replicas, inSync, partitionEpoch } })
    }
    sets([self, other], 1)
    queues[1].append(batchOf('not committed'), asTold)
    await group.log.flush()
    const end = group.log.logEndOffset
    assert.equal(await group.expire(), false)
    assert.deepEqual([group.log.logStartOffset, group.log.logEndOffset], [0, end], 'nor is anything written for it')
    sets([self], 2)
    assert.equal(await group.whenCommitted(end), null)
    assert.equal(await group.expire(), true)
  }))
