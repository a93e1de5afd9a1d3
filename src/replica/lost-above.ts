import type { PlannedCut } from '../receipt/cut-receipts.ts'
import type { LostAs } from '../receipt/receipt.ts'
import type { Offset } from '../record/offset.ts'
import type { Scheme } from '../replication/schemes.ts'

/** What a replica knows of records that it cuts; `highWatermark` is 0 where it has known none since it was started. */
export function knownOfCut(scheme: Scheme, highWatermark: Offset): Pick<PlannedCut, 'watermark' | 'aboveAs'> {
  const watermark = highWatermark > 0 ? highWatermark : null
  return { watermark, aboveAs: lostAbove(scheme, { knows: watermark !== null }) }
}

/** What is true of records above the highest watermark that the replica knew. */
function lostAbove({ elect, serve }: Scheme, { knows }: { knows: boolean }): LostAs {
  // Whoever was elected by vote has all that was committed, whatever this replica knew of that.
  if (elect === 'self') return 'maybe-acknowledged'
  if (!knows) return 'unknown'
  return serve.name === 'leader' ? 'maybe-acknowledged' : 'maybe-read'
}
