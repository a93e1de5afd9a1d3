import type { LostAs } from '../receipt/receipt.ts'
import type { Scheme } from '../replication/schemes.ts'

/**
 * What is true of records that are cut above the highest watermark that their replica knew; `knows` is false where it has
 * known none since it was started.
 */
export function lostAbove({ elect, serve }: Scheme, { knows }: { knows: boolean }): LostAs {
  // Whoever was elected by vote has all that was committed, whatever this replica knew of that.
  if (elect === 'self') return 'maybe-acknowledged'
  if (!knows) return 'unknown'
  return serve.name === 'leader' ? 'maybe-acknowledged' : 'maybe-read'
}
