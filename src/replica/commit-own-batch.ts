import type { Offset, Timestamp } from '../record/offset.ts'
import { ownBatch } from './own-batch.ts'
import type { AppendRefusal } from './refusal.ts'
import type { Replica } from './replica.ts'

/** Appends a batch of this broker's own; resolves with its base offset once it is committed, or with why it is not. */
export async function commitOwnBatch(
  replica: Replica,
  batch: Buffer,
  nowMs: Timestamp,
): Promise<Offset | AppendRefusal> {
  const appended = replica.append(ownBatch(batch, nowMs), { allInSync: true })
  if ('code' in appended) return appended
  const refusal = await replica.whenCommitted(appended.upTo)
  return refusal ?? appended.baseOffset
}
