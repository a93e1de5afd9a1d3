import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Disk } from '../runtime/disk.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { readVote, writeVote } from './vote-file.ts'

const votedFor = { broker: 1, directory: 'AAAAAAAAAAAAAAAAAAAAZA' }

async function withDisk(run: (disk: Disk) => Promise<void>): Promise<void> {
  const world = new SimWorld(1)
  const { disk } = world.node('broker').runtime
  await world.complete(disk.makeDirectory('/data').then(() => run(disk)))
}

test('where there is no vote yet nobody has been voted for', () =>
  withDisk(async (disk) => {
    assert.deepEqual(await readVote(disk, '/data'), { epoch: 0, votedFor: null })
  }))

test('a vote is read as it was written, the last one counts', () =>
  withDisk(async (disk) => {
    await writeVote(disk, '/data', { epoch: 3, votedFor: null })
    assert.deepEqual(await readVote(disk, '/data'), { epoch: 3, votedFor: null })
    await writeVote(disk, '/data', { epoch: 4, votedFor })
    assert.deepEqual(await readVote(disk, '/data'), { epoch: 4, votedFor })
  }))

test('a vote outlives a power cut as soon as it is written', async () => {
  const world = new SimWorld(1)
  const node = world.node('broker')
  const write = async () => {
    await node.runtime.disk.makeDirectory('/data')
    await writeVote(node.runtime.disk, '/data', { epoch: 9, votedFor })
  }
  await world.complete(write())
  node.powerCut()
  const { disk } = node.restart()
  assert.deepEqual(await world.complete(readVote(disk, '/data')), { epoch: 9, votedFor })
})

test('a damaged vote is an error: one that is forgotten could be given twice', () =>
  withDisk(async (disk) => {
    for (const content of ['', '{}', '{"leaderEpoch":"1","votedId":1,"votedDirectoryId":""}', 'null']) {
      await disk.writeFileAtomic('/data/quorum-state', Buffer.from(content))
      await assert.rejects(readVote(disk, '/data'))
    }
  }))
