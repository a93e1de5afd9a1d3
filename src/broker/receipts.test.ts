import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { type Receipt, Receipts } from './receipts.ts'

const receipt: Receipt = {
  id: 'AAAAAAAAAAAAAAAAAAAAZA',
  atMs: 1,
  topic: 'words',
  partition: 0,
  kind: 'bounds',
  from: 5,
  to: null,
  reason: 'power-cut',
}

test('receipts outlive a power cut once they are added', async () => {
  const world = new SimWorld(1)
  const node = world.node('broker')
  const write = async () => {
    await node.runtime.disk.makeDirectory('/data')
    const receipts = await Receipts.open(node.runtime.disk, '/data')
    assert.deepEqual(receipts.list(), [])
    await receipts.add([receipt])
  }
  await world.complete(write())
  node.powerCut()
  const { disk } = node.restart()
  const receipts = await world.complete(Receipts.open(disk, '/data'))
  assert.deepEqual(receipts.list(), [receipt])
})

test('a file that holds no receipts is an error, and is not written over', async () => {
  const world = new SimWorld(1)
  const { disk } = world.node('broker').runtime
  const open = async () => {
    await disk.makeDirectory('/data')
    await disk.writeFileAtomic('/data/trilog-receipts.json', Buffer.from('{}'))
    await Receipts.open(disk, '/data')
  }
  await assert.rejects(world.complete(open()), /no list of receipts/)
})
