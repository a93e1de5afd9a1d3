import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LogSlice } from '../log/log-slice.ts'
import { unboundedReadMemory } from '../log/read-memory.ts'
import type { ReadRequest } from '../replica/reads.ts'
import type { Replica } from '../replica/replica.ts'
import type { PartitionWatcher } from '../replica/served-partition.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { type ReadLimits, type ReadResult, WaitingRead } from './read-path.ts'

/** A partition of which only reading counts: how many bytes there are, and how many slices somebody holds. */
class Partition {
  bytes = 0
  held = 0
  reads = 0
  highWatermark = 0
  refusal: { code: 'not-leader'; leader: null; epoch: number } | null = null
  readonly watchers = new Set<PartitionWatcher>()

  add(bytes: number): void {
    this.bytes += bytes
    this.highWatermark += 1
    for (const watcher of [...this.watchers]) watcher(this.replica)
  }

  readonly replica = {
    read: (request: ReadRequest) => this.#read(request),
    watch: (watcher: PartitionWatcher) => this.watchers.add(watcher),
    unwatch: (watcher: PartitionWatcher) => this.watchers.delete(watcher),
    highWatermark: 0,
  } as unknown as Replica

  #read({ maxBytes, minOneBatch }: ReadRequest) {
    this.reads += 1
    if (this.refusal !== null) return this.refusal
    const facts = { highWatermark: this.highWatermark, lastStableOffset: 0, logStartOffset: 0, abortedUpTo: () => [] }
    const bytes = minOneBatch ? this.bytes : Math.min(this.bytes, Math.max(0, maxBytes))
    if (bytes === 0) return { ...facts, slice: null }
    this.held += 1
    const slice: LogSlice = {
      buffers: [Buffer.alloc(bytes)],
      bytes,
      nextOffset: 1,
      release: () => void (this.held -= 1),
    }
    return { ...facts, slice }
  }
}

const world = new SimWorld(1)
const { clock } = world.node('broker').runtime

function readOf(partitions: readonly Partition[], limits: Partial<ReadLimits> = {}): WaitingRead {
  const targets = partitions.map((each) => {
    return { replica: each.replica, wish: { from: 0, maxBytes: 1000, leaderEpoch: -1 } }
  })
  return new WaitingRead(clock, targets, {
    minBytes: 100,
    maxWaitMs: 1000,
    maxBytes: 10_000,
    committedTransactionsOnly: false,
    memory: { ...unboundedReadMemory, wait() {}, forget() {} },
    ...limits,
  })
}

async function resultOf(reading: Promise<ReadResult | null>): Promise<ReadResult> {
  const result = await world.complete(reading)
  assert.ok(result !== null)
  return result
}

describe('a read that waits', () => {
  test('holds no buffer while it waits, and watches nothing after it', async () => {
    const [one, two] = [new Partition(), new Partition()]
    one.bytes = 50
    const reading = readOf([one, two]).run()
    await world.run({ untilMs: world.nowMs + 100 })
    assert.equal(one.held, 0)
    two.add(60)
    const { bytes, partitions } = await resultOf(reading)
    assert.equal(bytes, 110)
    for (const partition of partitions) if (!('code' in partition)) partition.slice?.release()
    assert.deepEqual([one.held, two.held, one.watchers.size, two.watchers.size], [0, 0, 0, 0])
  })

  test('looks again only at what has moved, or had something', async () => {
    const idle = Array.from({ length: 50 }, () => new Partition())
    const busy = new Partition()
    const reading = readOf([...idle, busy]).run()
    await world.run({ untilMs: world.nowMs + 100 })
    busy.add(200)
    await world.complete(reading)
    assert.ok(idle.every(({ reads }) => reads === 1))
    assert.equal(busy.reads, 2)
  })

  test('answers with what there is when the time is over, and when it is cancelled', async () => {
    const partition = new Partition()
    partition.bytes = 10
    const before = world.nowMs
    assert.equal((await resultOf(readOf([partition]).run())).bytes, 10)
    assert.ok(world.nowMs - before >= 990)
    const cancelled = readOf([partition])
    const reading = cancelled.run()
    await world.run({ untilMs: world.nowMs + 10 })
    cancelled.cancel()
    assert.equal((await resultOf(reading)).bytes, 10)
    assert.ok(world.nowMs - before < 1500)
  })

  test('reads nothing more and holds nothing once it is abandoned', async () => {
    const partition = new Partition()
    partition.bytes = 10
    const abandoned = readOf([partition])
    const reading = abandoned.run()
    await world.run({ untilMs: world.nowMs + 10 })
    abandoned.abandon()
    assert.equal(await world.complete(reading), null)
    assert.deepEqual([partition.held, partition.reads, partition.watchers.size], [0, 1, 0])
  })

  test('does not wait where there is an error to tell', async () => {
    const [one, other] = [new Partition(), new Partition()]
    other.refusal = { code: 'not-leader', leader: null, epoch: 3 }
    const before = world.nowMs
    const { partitions } = await resultOf(readOf([one, other]).run())
    assert.deepEqual(partitions[1], other.refusal)
    assert.ok(world.nowMs - before < 10)
  })

  test('gives the first that has something a batch beyond its limits, and the others what is left', async () => {
    const [one, two] = [new Partition(), new Partition()]
    one.bytes = 500
    two.bytes = 500
    const { partitions, bytes } = await resultOf(readOf([one, two], { minBytes: 1, maxBytes: 100 }).run())
    assert.equal(bytes, 500)
    assert.deepEqual(
      partitions.map((each) => ('code' in each ? -1 : (each.slice?.bytes ?? 0))),
      [500, 0],
    )
  })
})
