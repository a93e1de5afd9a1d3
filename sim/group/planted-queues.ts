import type { Offset } from '../../src/record/offset.ts'
import { emptySlice } from '../../src/log/log-slice.ts'
import { type ServeQueue, serveQueue } from './group-parts.ts'

/**
 * A leader that counts a queue's offsets on from what its consume queue had when it was elected, and that is what was
 * committed: of what it has inherited beyond that the consume queue knows nothing yet.
 */
export const countsFromCommitted: ServeQueue = (served) => {
  const { group, log } = served
  let epoch = -1
  let next: Offset = 0
  return {
    get highWatermark() {
      return served.highWatermark
    },
    append: (batches) => {
      if (group.leads && group.epoch !== epoch) next = served.highWatermark
      epoch = group.epoch
      const queue = Object.create(log.queue, { endOffset: { get: () => next } })
      const appended = group.append(batches, { allInSync: true, to: { queue, timestampType: 'CreateTime' } })
      if (!('code' in appended)) next += batches.recordCount
      return appended
    },
    read: (request) => served.read(request),
  }
}

/** A leader that shows all that it has of a queue. */
export const showsUncommitted: ServeQueue = (served) => ({
  ...serveQueue(served),
  get highWatermark() {
    return served.log.logEndOffset
  },
  read: (request) => {
    const { logStartOffset, logEndOffset } = served.log
    const visible = { highWatermark: logEndOffset, lastStableOffset: logEndOffset, logStartOffset }
    const isThere = request.from >= logStartOffset && request.from < logEndOffset
    const slice = isThere ? served.log.read({ ...request, upTo: logEndOffset }) : emptySlice(request.from)
    return { ...visible, slice, abortedUpTo: () => [] }
  },
})

/** A consume queue that keeps what it had when its commit log is cut. */
export const uncutQueue: ServeQueue = (served) => {
  const { entries } = served.log.queue
  entries.cutTo = () => Promise.resolve(true)
  return serveQueue(served)
}

/** A leader that takes the end of a queue for told by what is not committed, before its log begins higher. */
export const toldByUncommitted: ServeQueue = (served) => {
  const queues = served.group.log.queues
  if (queues !== null) queues.untoldFrom = (from) => [...queues.all()].filter(({ toldUpTo }) => toldUpTo <= from)
  return serveQueue(served)
}
