import { batchOf, openTestLog } from '../log/log-fixture.ts'
import { SimWorld } from '../runtime/sim/sim-world.ts'
import { CutReceipts } from './cut-receipts.ts'
import { boundsReceipt } from './receipt.ts'
import { Receipts } from './receipts.ts'

/** A broker's folder in which a log of `words` was cut at 2, and one of `other` lost what it had beyond 7. */
export async function folderWithReceipts(): Promise<{
  cuts: CutReceipts
  world: SimWorld
  files: Map<string, Buffer>
}> {
  const world = new SimWorld(11)
  const node = world.node('broker')
  const { runtime, disk } = node
  const replica = { broker: 3, directory: 'AAAAAAAAAAAAAAAAAAAAZA' }
  const fill = async (): Promise<CutReceipts> => {
    const { log } = await openTestLog(runtime)
    for (const text of ['one', 'two', 'three', 'four']) log.append(batchOf([text], { timestamp: 1_000 }), 1)
    await log.flush()
    const receipts = await Receipts.open(runtime.disk, 'data')
    const cuts = await CutReceipts.open({ runtime, receipts, replica, bounds: { bytesMax: 1e6, ageMaxMs: 1e9 } })
    const words = { topic: 'words', topicId: 'AAAAAAAAAAAAAAAAAAAAZQ', partition: 0 }
    const planned = { at: 2, beginsAnewAt: null, watermark: 3, aboveAs: 'maybe-acknowledged' } as const
    await cuts.for(words).cut(log, { ...planned, leader: 2, leaderEpoch: 9 })
    const other = { topic: 'other', topicId: null, partition: 1, replica, from: 7, to: 12 }
    await receipts.add([boundsReceipt(runtime, { ...other, reason: 'the disk of broker 1 was replaced' })])
    return cuts
  }
  const cuts = await world.complete(fill())
  const names = ['trilog-receipts.json', ...cuts.receipts.list().flatMap((each) => each.cut?.kept?.file ?? [])]
  const files = new Map(names.map((name) => [name, Buffer.from(disk.peek(`data/${name}`))]))
  return { cuts, world, files }
}
