import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Disk } from '../runtime/disk.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { boundsReceipt, type Receipt } from './receipt.ts'
import { Receipts } from './receipts.ts'

const { clock, random } = new SimWorld(1).node('other').runtime

const receiptOf = (topic: string): Receipt =>
  boundsReceipt(
    { clock, random },
    {
      ...{ topic, topicId: null, partition: 0, from: 5, to: null, reason: 'power-cut' },
      replica: { broker: 1, directory: 'AAAAAAAAAAAAAAAAAAAAZA' },
    },
  )
const receipt = receiptOf('words')

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

test('those of a newer release are an error, and are not written over', async () => {
  const world = new SimWorld(1)
  const { disk } = world.node('broker').runtime
  const open = async () => {
    await disk.makeDirectory('/data')
    await disk.writeFileAtomic('/data/trilog-receipts.json', Buffer.from('{"version":2,"receipts":[]}'))
    await Receipts.open(disk, '/data')
  }
  await assert.rejects(world.complete(open()), /is of version 2, and this release reads version 1/)
})

test('receipts that are added at once share a write, and of too many the oldest go', async () => {
  const world = new SimWorld(1)
  const { disk } = world.node('broker').runtime
  let writes = 0
  const counting = new Proxy(disk, {
    get: (target, name: keyof Disk) => {
      if (name === 'writeFileAtomic') writes++
      return target[name].bind(target)
    },
  })
  const all = ['a', 'b', 'c', 'd'].map(receiptOf)
  const add = async () => {
    await disk.makeDirectory('/data')
    const receipts = await Receipts.open(counting, '/data', 3)
    await Promise.all(all.map((each) => receipts.add([each])))
    assert.deepEqual((await Receipts.open(disk, '/data')).list(), all.slice(1))
  }
  await world.complete(add())
  assert.equal(writes, 1)
})
