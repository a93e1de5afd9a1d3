import { BatchHeader } from '../record/batch-header.ts'
import { noEpoch, type Offset } from '../record/offset.ts'
import { gapsAllowed, type LogParts } from './log-parts.ts'

/**
 * Whether the bytes are whole entries, as a leader's log holds them, that go on from `logEndOffset`: each as it was written,
 * no offset missing, no epoch going back.
 */
export function continuesLog(parts: LogParts, bytes: Buffer, logEndOffset: Offset): boolean {
  const { format, epochs } = parts
  const header = new BatchHeader(bytes)
  const mayGap = gapsAllowed(parts)
  let expected = logEndOffset
  let epoch = epochs.lastEpoch
  for (let at = 0; at < bytes.length; ) {
    const size = format.plausibleSize(bytes, at)
    if (size === null || at + size > bytes.length || !format.holds(bytes, at)) return false
    const { baseOffset, nextOffset, partitionLeaderEpoch } = header.moveTo(bytes, at)
    if (baseOffset !== expected && !(mayGap && baseOffset > expected)) return false
    if (partitionLeaderEpoch < epoch && partitionLeaderEpoch !== noEpoch) return false
    expected = nextOffset
    epoch = Math.max(epoch, partitionLeaderEpoch)
    at += size
  }
  return true
}
