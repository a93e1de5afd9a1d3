import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildBatch } from '../../record/batch-builder.ts'
import { BatchHeader } from '../../record/batch-header.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { SimWorld } from '../../runtime/sim/sim-world.ts'
import { LogReadFault } from '../log-faults.ts'
import { advanceLogStart, bytesOf, readAll, testSettings, validated } from '../log-fixture.ts'
import type { Log } from '../log.ts'
import { appendToQueue, openCommitLog, queuesOf, readQueue, testQueues } from './commit-log-fixture.ts'
import { frameFormat, framePlaceOf } from './frame.ts'
import type { QueueName } from './queue-name.ts'
import { queueStartsBatch } from './queue-starts.ts'

const [queue0, queue1, queue2] = testQueues as [QueueName, QueueName, QueueName]

function onDisk(work: (runtime: Runtime) => Promise<void>): Promise<void> {
  const world = new SimWorld(1)
  return world.complete(work(world.node('a').runtime))
}

const append = (log: Log, name: QueueName, texts: readonly string[]) => appendToQueue(log, name, { texts, epoch: 1 })

test('each queue counts its own offsets, and the group counts all of them', () =>
  onDisk(async (runtime) => {
    const log = await openCommitLog(runtime)
    append(log, queue0, ['a', 'b'])
    append(log, queue1, ['c'])
    append(log, queue0, ['d'])
    const ends = testQueues.map((name) => queuesOf(log).of(name).endOffset)
    assert.deepEqual([...ends, log.logEndOffset], [3, 1, 0, 4])
    await log.close()
  }))

test('a queue with nothing left in the log goes on where it was, after any restart', () =>
  onDisk(async (runtime) => {
    const settings = { ...testSettings, segmentBytes: 400 }
    let log = await openCommitLog(runtime, { settings })
    append(log, queue1, ['idle', 'from now on'])
    for (let i = 0; i < 8; i++) append(log, queue0, [`value ${i}`])
    await log.flush()
    await advanceLogStart(log, 6)
    assert.equal(queuesOf(log).of(queue1).startOffset, 2)
    await log.close()
    for (const clean of [true, false]) {
      log = await openCommitLog(runtime, { settings, clean, logStartOffset: 6 })
      assert.equal(queuesOf(log).of(queue1).endOffset, 2)
      append(log, queue0, ['x'])
      await log.flush()
      if (clean) await log.close()
    }
    append(log, queue1, ['next'])
    assert.equal(queuesOf(log).of(queue1).endOffset, 3)
    await log.close()
  }))

test('a replica that begins anew where its leader does learns from the log where a queue without records ends', () =>
  onDisk(async (runtime) => {
    const leader = await openCommitLog(runtime)
    append(leader, queue1, ['old', 'older'])
    append(leader, queue0, ['new'])
    const untold = queuesOf(leader).untoldFrom(2, 3)
    assert.deepEqual(
      untold.map(({ topicId, partition }) => ({ topicId, partition })),
      [queue1],
    )
    const starts = untold.map(({ topicId, partition, endOffset }) => {
      return { topicId, partition, startOffset: endOffset, endOffset }
    })
    leader.append(validated(queueStartsBatch(starts, 1)), 1)
    assert.deepEqual(queuesOf(leader).untoldFrom(2, 4), [])
    assert.equal(queuesOf(leader).untoldFrom(2, 3).length, 1, 'an entry above does not count')
    leader.moveLogStart(2)
    const replica = await openCommitLog(runtime, { directory: 'data/other' })
    await replica.restartAt(2)
    replica.appendReplicated(bytesOf(await leader.read({ from: 2, upTo: 4, maxBytes: 1e6, minOneBatch: true })))
    for (const name of testQueues) {
      assert.equal(queuesOf(replica).of(name).endOffset, queuesOf(leader).of(name).endOffset)
    }
    await replica.close()
    await leader.close()
  }))

test('a start that the log tells of counts once it is committed', () =>
  onDisk(async (runtime) => {
    const log = await openCommitLog(runtime)
    append(log, queue0, ['a', 'b', 'c'])
    log.append(validated(queueStartsBatch([{ ...queue0, startOffset: 2, endOffset: 3 }], 1)), 1)
    const queues = queuesOf(log)
    queues.watermarkReached(3)
    assert.equal(queues.of(queue0).startOffset, 0)
    queues.watermarkReached(4)
    assert.equal(queues.of(queue0).startOffset, 2)
    const request = { from: 1, upTo: 3, maxBytes: 1e6, minOneBatch: true }
    assert.throws(() => queues.read(queues.of(queue0), request), { code: 'offset-out-of-range' })
    await log.close()
  }))

test('producers are known by queue: a sequence is the next in one and a duplicate in another, after a restart too', () =>
  onDisk(async (runtime) => {
    const batch = () => {
      const producer = { id: 9, epoch: 0, baseSequence: 0 }
      return validated(buildBatch([{ timestamp: 1, value: Buffer.from('v') }], { producer }))
    }
    let log = await openCommitLog(runtime)
    append(log, queue0, ['before'])
    log.appendTo(queuesOf(log).of(queue0), batch(), { epoch: 1, timestampType: 'CreateTime' })
    for (const clean of [null, true, false]) {
      if (clean !== null) log = await openCommitLog(runtime, { clean })
      const check = (name: QueueName) => queuesOf(log).of(name).producers.check(batch().first)
      assert.deepEqual(check(queue0), { outcome: 'duplicate', baseOffset: 1, lastOffset: 1, timestamp: 1 })
      assert.equal(check(queue1).outcome, 'append')
      if (clean === null || clean) await log.close()
    }
    await log.truncateTo(1)
    assert.equal(queuesOf(log).of(queue0).producers.check(batch().first).outcome, 'append')
    await log.close()
  }))

test('the queues of a topic that is gone are gone, and what the log still has of it is of no queue', () =>
  onDisk(async (runtime) => {
    const log = await openCommitLog(runtime)
    append(log, queue0, ['a'])
    append(log, queue2, ['b'])
    await log.flush()
    await queuesOf(log).drop(queue0.topicId)
    const other = await openCommitLog(runtime, { directory: 'data/other' })
    append(other, queue0, ['late'])
    log.appendReplicated(await rebased(other, log.logEndOffset))
    assert.deepEqual(
      [...queuesOf(log).all()].map(({ topicId }) => topicId),
      [queue2.topicId],
    )
    assert.equal(log.logEndOffset, 3)
    await log.close()
    await other.close()
  }))

/** The only entry of the log, as if it stood elsewhere. */
async function rebased(log: Log, offset: number): Promise<Buffer> {
  const bytes = await readAll(log, 0)
  const place = framePlaceOf(bytes, 0)
  const to = place && { ...place, topicIdBytes: Buffer.from(place.topicId, 'base64url') }
  frameFormat.place(bytes, 0, { offset, epoch: 1, to })
  return bytes
}

test('damage takes the batches of its frames from their queues, and no others', () =>
  onDisk(async (runtime) => {
    const log = await openCommitLog(runtime)
    const frames = [append(log, queue0, ['a']), append(log, queue1, ['b']), append(log, queue0, ['c'])]
    append(log, queue1, ['d'])
    await log.flush()
    const path = 'data/t-0/00000000000000000000.log'
    const bytes = Buffer.from(await runtime.disk.readFile(path))
    const size = new BatchHeader(bytes).sizeBytes
    bytes[2 * size + 60] = (bytes[2 * size + 60] as number) ^ 1
    const file = await runtime.disk.open(path, 'truncate')
    await file.write([bytes], 0)
    await file.close()
    const again = await openCommitLog(runtime, { clean: false, recoveryPoint: 4, directory: 'data/t-0' })
    const queues = queuesOf(again)
    assert.equal(again.recovery.damage.length, 1)
    // Its last batch is the damaged one: it cannot be known that there was one.
    assert.deepEqual(
      testQueues.map((name) => queues.of(name).endOffset),
      [1, 2, 0],
    )
    assert.deepEqual(await readQueue(again, queues.of(queue0), 0), [frames[0]?.batch])
    assert.equal((await readQueue(again, queues.of(queue1), 0)).length, 2)
    await again.close()
  }))

test('LogAppendTime is stamped on the batch within its frame, whose CRCs hold', () =>
  onDisk(async (runtime) => {
    const log = await openCommitLog(runtime)
    const batches = validated(buildBatch([{ timestamp: 1, value: Buffer.from('v') }]))
    const at = log.appendTo(queuesOf(log).of(queue0), batches, { epoch: 1, timestampType: 'LogAppendTime' })
    const [batch] = await readQueue(log, queuesOf(log).of(queue0), 0)
    assert.equal(new BatchHeader(batch as Buffer).maxTimestamp, at.logAppendTime)
    await log.flush()
    await assert.doesNotReject(openCommitLog(runtime, { clean: false }))
  }))

test('a read from within the offsets that damage has taken is refused, and one behind them goes on', () =>
  onDisk(async (runtime) => {
    const log = await openCommitLog(runtime)
    for (const text of ['a', 'b', 'c']) append(log, queue0, [text])
    await log.flush()
    const path = 'data/t-0/00000000000000000000.log'
    const bytes = Buffer.from(await runtime.disk.readFile(path))
    const size = new BatchHeader(bytes).sizeBytes
    bytes[size + 30] = (bytes[size + 30] as number) ^ 1
    const file = await runtime.disk.open(path, 'truncate')
    await file.write([bytes], 0)
    await file.close()
    const again = await openCommitLog(runtime, { clean: false, recoveryPoint: 3 })
    const queue = queuesOf(again).of(queue0)
    const read = async (from: number) =>
      await queuesOf(again).read(queue, { from, upTo: queue.endOffset, maxBytes: 1e6, minOneBatch: true })
    assert.equal((await read(0)).nextOffset, 1)
    await assert.rejects(read(1), (error) => error instanceof LogReadFault && error.code === 'damaged')
    assert.equal((await read(2)).nextOffset, 3)
    await again.close()
  }))
