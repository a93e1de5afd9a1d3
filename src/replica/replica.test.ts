import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LogSlice } from '../log/log-slice.ts'
import { openTestLog } from '../log/log-fixture.ts'
import { Log } from '../log/log.ts'
import type { LogEvents } from '../log/log-settings.ts'
import { buildBatch } from '../record/batch-builder.ts'
import { isrScheme, majorityScheme, type Scheme } from '../replication/schemes.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { SimNode } from '../runtime/sim/sim-node.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { ownBatch } from './own-batch.ts'
import { Replica } from './replica.ts'
import { GroupVoters } from './group-voters.ts'
import { SelfElected } from './self-elected.ts'
import { visitRecords } from './visit-records.ts'

const self = { broker: 1, directory: 'AAAAAAAAAAAAAAAAAAAAZA' }
const alone = { replicas: [self], inSync: [1], eligible: [], partitionEpoch: 0 }

async function openReplica(runtime: Runtime, scheme: Scheme = isrScheme(1)): Promise<Replica> {
  const { clock, logger } = runtime
  return Replica.open({ topic: 't', partition: 0, self, scheme, clock, logger }, async (events: LogEvents) => {
    const { log } = await openTestLog(runtime, { events })
    assert.ok(log instanceof Log)
    return log
  })
}

const batchOf = (...values: string[]) =>
  ownBatch(buildBatch(values.map((value) => ({ timestamp: 1, value: Buffer.from(value) }))), 1)

async function inWorld(run: (node: SimNode) => Promise<void>): Promise<void> {
  const world = new SimWorld(5)
  await world.complete(run(world.node('broker')))
}

const reading = { from: 0, maxBytes: 1000, minOneBatch: true, committedTransactionsOnly: false, leaderEpoch: -1 }

describe('a replica', () => {
  test('that does not lead takes nothing, reads nothing and says who leads', () =>
    inWorld(async ({ runtime }) => {
      const replica = await openReplica(runtime)
      const refusal = { code: 'not-leader', leader: null, epoch: -1 }
      assert.deepEqual(replica.append(batchOf('a'), { allInSync: true }), refusal)
      assert.deepEqual(replica.read(reading), refusal)
      assert.deepEqual(await replica.whenCommitted(1), refusal)
      replica.resign(4, 2)
      assert.deepEqual(replica.latest({ committedTransactionsOnly: false }), {
        code: 'not-leader',
        leader: 2,
        epoch: 4,
      })
    }))

  test('answers when what was appended is committed, and shows nothing before', () =>
    inWorld(async ({ runtime }) => {
      const replica = await openReplica(runtime)
      replica.lead(0, alone)
      const appended = replica.append(batchOf('a', 'b'), { allInSync: true })
      assert.ok(!('code' in appended))
      assert.deepEqual([appended.baseOffset, appended.lastOffset, replica.highWatermark], [0, 1, 0])
      assert.equal(await replica.whenCommitted(2), null)
      assert.equal(replica.highWatermark, 2)
      const read = replica.read(reading)
      assert.ok(!('code' in read) && read.slice !== null)
      const slice: LogSlice = await read.slice
      assert.equal(slice.nextOffset, 2)
      slice.release()
    }))

  test('that follows remembers the highest end that its leader has shown, whoever leads next', () =>
    inWorld(async ({ runtime }) => {
      const replica = await openReplica(runtime)
      replica.follow(1, 2)
      const answer = {
        epoch: 1,
        from: 0,
        outcome: 'entries',
        highWatermark: 0,
        replicatedUpTo: 0,
        compactedUpTo: 0,
        logStartOffset: 0,
      } as const
      replica.answered(2, { ...answer, logEndOffset: 7, entries: Buffer.alloc(0) })
      replica.answered(3, { ...answer, logEndOffset: 9, entries: Buffer.alloc(0) })
      replica.resign(2, null)
      assert.deepEqual([replica.endShownBy(2), replica.endShownBy(3)], [7, null])
    }))

  test('that loses its leadership tells everyone who waits', () =>
    inWorld(async ({ runtime }) => {
      const replica = await openReplica(runtime)
      replica.lead(0, alone)
      let woken = 0
      replica.watch(() => void (woken += 1))
      replica.append(batchOf('a'), { allInSync: true })
      const waiting = replica.whenCommitted(1)
      replica.resign(1, 2)
      assert.deepEqual(await waiting, { code: 'not-leader', leader: 2, epoch: 1 })
      assert.ok(woken > 0)
    }))

  test('whose disk fails refuses what waits and what comes, and still reads', () =>
    inWorld(async ({ runtime, disk }) => {
      const replica = await openReplica(runtime)
      replica.lead(0, alone)
      replica.append(batchOf('a'), { allInSync: true })
      await replica.whenCommitted(1)
      disk.failNext({ operation: 'write', code: 'ENOSPC', times: Number.POSITIVE_INFINITY })
      replica.append(batchOf('b'), { allInSync: true })
      assert.deepEqual(await replica.whenCommitted(2), { code: 'storage-error' })
      assert.deepEqual(replica.append(batchOf('c'), { allInSync: true }), { code: 'storage-error' })
      assert.deepEqual(replica.deleteBefore(1), { code: 'storage-error' })
      const read = replica.read(reading)
      assert.ok(!('code' in read) && read.slice !== null)
      assert.equal(read.highWatermark, 1)
    }))

  test('visits every data record once, in order, and no control record', () =>
    inWorld(async ({ runtime }) => {
      const replica = await openReplica(runtime, majorityScheme)
      replica.lead(1, alone)
      replica.append(batchOf('a', 'b'), { allInSync: true })
      replica.append(batchOf('c'), { allInSync: true })
      await replica.whenCommitted(4)
      const seen: string[] = []
      await visitRecords(replica, ({ value, offset }) => void seen.push(`${offset} ${Buffer.from(value ?? '')}`))
      assert.deepEqual(seen, ['1 a', '2 b', '3 c'])
    }))
})

describe('an election', () => {
  const stand = (runtime: Runtime, replica: Replica) => {
    replica.countBy(GroupVoters.fixed([self]))
    return SelfElected.start({
      runtime,
      replica,
      directory: 'data/t-0',
      self,
      suspect: false,
      electionMs: [10, 20],
      send: () => {},
    })
  }

  test('never uses an epoch twice, though a power cut took what the log held of it', async () => {
    const world = new SimWorld(5)
    const node = world.node('broker')
    const epochs: number[] = []
    for (let life = 0; life < 4; life++) {
      const { runtime } = node
      const start = async () => {
        await runtime.disk.makeDirectory('data/t-0')
        const replica = await openReplica(runtime, majorityScheme)
        await stand(runtime, replica)
        epochs.push(replica.epoch)
      }
      await world.complete(start())
      node.powerCut()
      node.restart()
    }
    assert.deepEqual(epochs, [1, 2, 3, 4])
  })

  test('does not lead when its vote cannot be made durable', () =>
    inWorld(async ({ runtime, disk }) => {
      await runtime.disk.makeDirectory('data/t-0')
      const replica = await openReplica(runtime, majorityScheme)
      disk.failNext({ operation: 'sync', code: 'EIO', path: 'quorum-state', times: Number.POSITIVE_INFINITY })
      await assert.rejects(stand(runtime, replica))
      assert.equal(replica.leads, false)
    }))
})
