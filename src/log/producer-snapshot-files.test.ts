import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../runtime/logger.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { ProducerSnapshots } from './producer-snapshot-files.ts'
import { ProducerState } from './producer-state.ts'

const directory = '/log'
const day = 86_400_000

async function setUp() {
  const world = new SimWorld(1)
  const { runtime } = world.node('a')
  await world.complete(runtime.disk.makeDirectory(directory))
  const snapshots = await world.complete(openOn(runtime))
  return { world, runtime, snapshots }
}

const openOn = async ({ disk }: Runtime) => {
  const names = (await disk.list(directory)).map(({ name }) => name)
  return ProducerSnapshots.open({ disk, directory, logger: silentLogger, names })
}

/** A state of one producer that has appended single records at 0, 1, … */
function stateAt(endOffset: number, nowMs = 0): ProducerState {
  const state = new ProducerState()
  for (let offset = 0; offset < endOffset; offset++) {
    state.appended(
      {
        producerId: 7,
        producerEpoch: 0,
        baseSequence: offset,
        lastOffsetDelta: 0,
        maxTimestamp: offset,
        isTransactional: false,
        isControl: false,
      },
      { baseOffset: offset, nowMs },
    )
  }
  return state
}

const range = { logStartOffset: 0, logEndOffset: 100, nowMs: 0, expirationMs: day }

test('a state comes back from the newest snapshot', async () => {
  const { world, runtime, snapshots } = await setUp()
  for (const end of [2, 9]) await world.complete(snapshots.take(stateAt(end)))
  const state = new ProducerState()
  await world.complete((await world.complete(openOn(runtime))).reload(state, range))
  assert.deepEqual([state.endOffset, state.describe()], [9, stateAt(9).describe()])
})

test('a damaged snapshot is removed and an older one is used', async () => {
  const { world, runtime, snapshots } = await setUp()
  for (const end of [2, 9]) await world.complete(snapshots.take(stateAt(end)))
  await world.complete(
    runtime.disk.writeFileAtomic(`${directory}/00000000000000000009.snapshot`, Buffer.from('garbage')),
  )
  const state = new ProducerState()
  await world.complete(snapshots.reload(state, range))
  assert.deepEqual([state.endOffset, snapshots.offsets], [2, [2]])
})

test('without a snapshot the state begins empty at the log start', async () => {
  const { world, snapshots } = await setUp()
  const state = stateAt(5)
  await world.complete(snapshots.reload(state, { ...range, logStartOffset: 3 }))
  assert.deepEqual([state.endOffset, state.size], [3, 0])
})

test('after a truncation, snapshots above the log end are gone and the one at it holds', async () => {
  const { world, runtime, snapshots } = await setUp()
  for (const end of [2, 5, 9]) await world.complete(snapshots.take(stateAt(end)))
  const state = stateAt(9)
  await world.complete(snapshots.reload(state, { ...range, logEndOffset: 5 }))
  assert.equal(state.endOffset, 5)
  assert.deepEqual((await world.complete(openOn(runtime))).offsets, [2, 5])
})

test('a producer that has expired does not come back', async () => {
  const { world, snapshots } = await setUp()
  await world.complete(snapshots.take(stateAt(2, 1000)))
  const state = new ProducerState()
  await world.complete(snapshots.reload(state, { ...range, nowMs: 1000 + day }))
  assert.deepEqual([state.endOffset, state.size], [2, 0])
})

test('snapshots without a segment go, but for the newest', async () => {
  const { world, snapshots } = await setUp()
  for (const end of [2, 3, 5, 9]) await world.complete(snapshots.take(stateAt(end)))
  await world.complete(snapshots.removeStrays([0, 3]))
  assert.deepEqual(snapshots.offsets, [3, 9])
})

test('what a crash has left half-written or half-deleted is removed', async () => {
  const { world, runtime } = await setUp()
  for (const name of ['00000000000000000003.snapshot.tmp', '00000000000000000004.snapshot.deleted']) {
    await world.complete(runtime.disk.writeFileAtomic(`${directory}/${name}`, Buffer.from('x')))
  }
  assert.deepEqual((await world.complete(openOn(runtime))).offsets, [])
  assert.deepEqual(await world.complete(runtime.disk.list(directory)), [])
})
