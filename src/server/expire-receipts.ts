import type { CutReceipts } from '../receipt/cut-receipts.ts'
import { DiskFault } from '../runtime/disk.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { startRounds } from './rounds.ts'

/** Lets go of cut records that have been kept for long enough. Returns how to stop. */
export function expireReceipts(
  { clock, logger }: Pick<Runtime, 'clock' | 'logger'>,
  cuts: CutReceipts,
  everyMs: number,
): () => Promise<void> {
  async function look(): Promise<void> {
    try {
      await cuts.expire()
    } catch (error) {
      if (!(error instanceof DiskFault)) throw error
      logger.error({ error: error.message }, 'cut records that are old could not be removed')
    }
  }
  return startRounds(clock, { everyMs: () => everyMs, round: look })
}
