import type { Log } from '../log/log.ts'
import type { Offset } from '../record/offset.ts'
import { notLeader, type ReadState, visibleUpTo } from './reads.ts'
import type { ReadRefusal } from './refusal.ts'

/** Moves the log start up to `offset`, or to all that consumers see (null); as leader only. The log start that was reached. */
export function deleteVisible(log: Log, state: ReadState, offset: Offset | null): Offset | ReadRefusal {
  if (!state.leads) return notLeader(state)
  const visible = visibleUpTo(state, { mayBeNear: false })
  if (typeof visible !== 'number') return visible
  const { logStartOffset, fault } = log
  if (fault !== null) return { code: 'storage-error' }
  const to = offset ?? visible
  if (to < 0 || to > visible) return { code: 'offset-out-of-range', logStartOffset, highWatermark: visible }
  log.moveLogStart(to)
  return log.logStartOffset
}
