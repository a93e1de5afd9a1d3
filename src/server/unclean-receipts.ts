import type { UncleanLoss } from '../broker/unclean-candidates.ts'
import { boundsReceipt } from '../receipt/receipt.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { LogFolder } from './log-folder.ts'

/**
 * A replica is about to lead that is not in sync: the receipt of what it may lack, on its own disk. Durable when it resolves. Asked
 * again for the same state of the partition it writes no second one.
 */
export async function writeUncleanLoss(runtime: Runtime, { cuts }: LogFolder, loss: UncleanLoss): Promise<void> {
  const { topic, topicId, partition, partitionEpoch, from } = loss
  const reason = `unclean election: it was to lead without being in sync, in state ${partitionEpoch} of the partition`
  const isWritten = cuts.receipts
    .list()
    .some((each) => each.topicId === topicId && each.partition === partition && each.reason === reason)
  if (isWritten) return
  const lost = { topic, topicId, partition, replica: cuts.replica, from, to: null, lostAs: 'unknown', reason } as const
  await cuts.receipts.add([boundsReceipt(runtime, lost)])
}
