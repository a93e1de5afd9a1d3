import type { Log } from '../../src/log/log.ts'
import { advanceLogStart, batchOf, bytesOf } from '../../src/log/log-fixture.ts'
import { openCommitLog, queuesOf, testQueues } from '../../src/log/queues/commit-log-fixture.ts'
import type { LogQueue } from '../../src/log/queues/log-queue.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { SimWorld } from '../../src/runtime/sim/sim-world.ts'
import { type Folder, folderPath, folderSettings, goodCommitLog } from '../good-folders.ts'
import { demand, type Target } from '../target.ts'
import { batchesOf, crcIsRight, type Damaged, damaged, isAt, orRefused, type Start, writeFolder } from './logs.ts'

/** What gives the batches of a queue from an offset on; `QueueAccess.read`, but where a mistake is planted. */
type ReadQueue = (log: Log, queue: LogQueue, from: number) => Promise<{ bytes: Buffer; nextOffset: number }>

/** Folders of commit logs with changed segments, consume queues and snapshots, opened, read by queue, appended to and opened again. */
export function commitLogsTarget(name: string, read: ReadQueue = readLogQueue): Target<Damaged> {
  let folder: Folder = new Map()
  return {
    name,
    about:
      'what is served of a queue after a recovery is whole, in order and has its CRC; what is appended is found again',
    share: 6,
    inputs: async () => {
      folder = await goodCommitLog()
      return damaged(0, folder)
    },
    bytesMax: () => 32 * 1024 * 1024,
    feed: async ({ changes, start }) => {
      const world = new SimWorld(1)
      const { runtime } = world.node('a')
      const files = new Map<string, Buffer | null>(folder)
      for (const change of changes) files.set(change.name, change.bytes)
      await world.complete(writeFolder(runtime, files).then(() => live(runtime, start, read)))
    },
  }
}

async function live(runtime: Runtime, start: Start, read: ReadQueue): Promise<void> {
  const log = await opened(runtime, start)
  if (log === null) return
  // Otherwise the folder is believed where it says that all is well: then it must do no harm, but may serve what is there.
  const checked = !start.clean && start.recoveryPoint === 0
  for (const name of testQueues) {
    const queue = queuesOf(log).of(name)
    await readAll(log, queue, { read, checked })
    await orRefused(queuesOf(log).offsetForTimestamp(queue, 1005, queue.endOffset))
    await orRefused(queuesOf(log).offsetOfMaxTimestamp(queue, queue.endOffset))
    await orRefused(queuesOf(log).offsetAt(queue, log.logStartOffset + 5))
    await appendOne(log, queue, { read, checked })
  }
  const middle = log.logStartOffset + Math.floor((log.logEndOffset - log.logStartOffset) / 2)
  await orRefused(log.truncateTo(middle))
  await orRefused(advanceLogStart(log, Math.min(log.logEndOffset, log.logStartOffset + 3)))
  await orRefused(log.close())
  const again = await opened(runtime, { ...start, clean: true, logStartOffset: log.logStartOffset })
  if (again === null) return
  for (const name of testQueues) await readAll(again, queuesOf(again).of(name), { read, checked: false })
  await orRefused(again.close())
}

function opened(runtime: Runtime, start: Start): Promise<Log | null> {
  return orRefused(openCommitLog(runtime, { settings: folderSettings, directory: folderPath, ...start }))
}

interface Reading {
  readonly read: ReadQueue
  /** What is served has to be right. */
  readonly checked: boolean
}

/** Reads all that can be read of a queue, past what is damaged. */
async function readAll(log: Log, queue: LogQueue, { read, checked }: Reading): Promise<void> {
  demand(queue.startOffset <= queue.endOffset, `a queue from ${queue.startOffset} to ${queue.endOffset}`)
  let least = -1
  for (let from = queue.startOffset, tries = 0; from < queue.endOffset && tries < 300; tries++) {
    const found = await orRefused(read(log, queue, from))
    for (const header of batchesOf(found?.bytes ?? Buffer.alloc(0))) {
      demand(!checked || header.baseOffset >= least, `queue offset ${header.baseOffset} comes after ${least}`)
      demand(!checked || crcIsRight(header), `a batch with a wrong CRC is served, at queue offset ${header.baseOffset}`)
      least = header.nextOffset
    }
    demand(found === null || found.nextOffset >= from, `a read from ${from} leads to ${found?.nextOffset}`)
    from = Math.max(from + 1, found?.nextOffset ?? 0)
  }
}

async function appendOne(log: Log, queue: LogQueue, { read, checked }: Reading): Promise<void> {
  const from = queue.endOffset
  const how = { epoch: Math.max(0, log.lastEpoch), timestampType: 'CreateTime' } as const
  const appended = batchOf(['appended'])
  const isAppended = await orRefused((async () => log.appendTo(queue, appended, how))())
  if (isAppended === null || (await orRefused(log.flush().then(() => true))) === null) return
  const found = await orRefused(read(log, queue, from))
  const { value } = batchesOf(found?.bytes ?? Buffer.alloc(0)).next()
  demand(!checked || isAt(value, from, appended.bytes), 'what was appended to a queue is not found again')
}

export async function readLogQueue(
  log: Log,
  queue: LogQueue,
  from: number,
): Promise<{ bytes: Buffer; nextOffset: number }> {
  const { endOffset: upTo } = queue
  const slice = await queuesOf(log).read(queue, { from, upTo, maxBytes: 1024 * 1024, minOneBatch: true })
  const { nextOffset } = slice
  return { bytes: bytesOf(slice), nextOffset }
}
