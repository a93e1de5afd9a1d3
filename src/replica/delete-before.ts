import type { Log } from '../log/log.ts'
import type { Offset } from '../record/offset.ts'
import type { ReadRefusal } from './refusal.ts'

/** Moves the beginning of a leader's log to `offset` (null: as far as consumers see), which is no higher than that. What was reached. */
export function deleteBefore(log: Log, offset: Offset | null, visible: Offset): Offset | ReadRefusal {
  const { logStartOffset, fault } = log
  if (fault !== null) return { code: 'storage-error' }
  const to = offset ?? visible
  if (to < 0 || to > visible) return { code: 'offset-out-of-range', logStartOffset, highWatermark: visible }
  log.moveLogStart(to)
  return log.logStartOffset
}
