import fc from 'fast-check'
import { LogAppendFault, LogReadFault } from '../../src/log/log-faults.ts'
import { advanceLogStart, batchOf, bytesOf, openTestLog } from '../../src/log/log-fixture.ts'
import type { Log } from '../../src/log/log.ts'
import type { LogOptions } from '../../src/log/log-options.ts'
import { BatchHeader, batchHeaderBytes, batchSizeOf } from '../../src/record/batch-header.ts'
import { DiskFault } from '../../src/runtime/disk.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { SimWorld } from '../../src/runtime/sim/sim-world.ts'
import { type Folder, folderPath, folderSettings, goodFolders } from '../good-folders.ts'
import { mutated } from '../mutation.ts'
import { plainCrc32c } from '../plain-crc32c.ts'
import { demand, type Target } from '../target.ts'

export interface Start extends Pick<LogOptions, 'clean' | 'recoveryPoint' | 'logStartOffset'> {
  readonly powerCut: boolean
}

export interface Damaged {
  readonly folder: number
  /** Files that are changed, by name; null: the file is gone. Names that the folder does not have are added. */
  readonly changes: readonly { readonly name: string; readonly bytes: Buffer | null }[]
  readonly start: Start
}

/** Names that somebody else may have left there, or that count beyond what there can be. */
const strangeNames = [
  '99999999999999999999.log',
  '09007199254740991000.log',
  '00000000000000000000.log.deleted',
  '00000000000000000000.txnindex',
  '00000000000000000005.snapshot',
  'damaged-ranges',
  'leader-epoch-checkpoint',
  '00000000000000000005.queues',
  '01010101010101010101010101010101-0.00000000000000000003.queue',
]

/** What gives the batches from an offset on; `Log.read`, but where a mistake is planted. */
type Read = (log: Log, from: number) => Promise<{ bytes: Buffer; nextOffset: number }>

/** Folders of partitions with changed segments, indexes, snapshots and checkpoints, opened, read, appended to and opened again. */
export function logsTarget(name: string, read: Read = readLog): Target<Damaged> {
  let folders: Folder[] = []
  return {
    name,
    about: 'what is served after a recovery is whole, in order and has its CRC; what is appended is found again',
    share: 10,
    inputs: async () => {
      folders = await goodFolders()
      return fc.nat(folders.length - 1).chain((folder) => damaged(folder, folders[folder] as Folder))
    },
    bytesMax: () => 32 * 1024 * 1024,
    feed: async ({ folder, changes, start }) => {
      const world = new SimWorld(1)
      const { runtime } = world.node('a')
      const files = new Map<string, Buffer | null>(folders[folder])
      for (const change of changes) files.set(change.name, change.bytes)
      await world.complete(writeFolder(runtime, files).then(() => live(runtime, start, read)))
    },
  }
}

export function damaged(folder: number, files: Folder): fc.Arbitrary<Damaged> {
  const all = [...files.values()]
  const change = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...files.keys()) },
    { weight: 1, arbitrary: fc.constantFrom(...strangeNames) },
  )
  const changed = change.chain((name) => {
    const bytes = mutated([files.get(name) ?? (all[0] as Buffer)])
    return fc.record({
      name: fc.constant(name),
      bytes: fc.oneof({ weight: 8, arbitrary: bytes }, { weight: 1, arbitrary: fc.constant(null) }),
    })
  })
  const offset = fc.oneof(fc.constant(0), fc.nat(120), fc.constantFrom(1e6, Number.MAX_SAFE_INTEGER))
  const start = fc.record({
    clean: fc.boolean(),
    recoveryPoint: offset,
    logStartOffset: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(120) }),
    powerCut: fc.boolean(),
  })
  return fc.record({ start, folder: fc.constant(folder), changes: fc.array(changed, { minLength: 1, maxLength: 3 }) })
}

export async function writeFolder({ disk }: Runtime, files: ReadonlyMap<string, Buffer | null>): Promise<void> {
  await disk.makeDirectory(folderPath)
  for (const [name, bytes] of files) {
    if (bytes === null) continue
    const file = await disk.open(`${folderPath}/${name}`, 'create')
    await file.write([bytes], 0)
    await file.close()
  }
}

async function live(runtime: Runtime, start: Start, read: Read): Promise<void> {
  const log = await opened(runtime, start)
  if (log === null) return
  // Otherwise the folder is believed where it says that all is well: then it must do no harm, but may serve what is there.
  const checked = !start.clean && start.recoveryPoint === 0
  await readAll(log, read, checked)
  await orRefused(log.offsetForTimestamp(1005, log.logEndOffset))
  await orRefused(log.offsetOfMaxTimestamp(log.logEndOffset))
  log.abortedTransactions(log.logStartOffset, log.logEndOffset)
  await appendOne(log, read, checked)
  const middle = log.logStartOffset + Math.floor((log.logEndOffset - log.logStartOffset) / 2)
  await orRefused(log.truncateTo(middle))
  await orRefused(advanceLogStart(log, Math.min(log.logEndOffset, log.logStartOffset + 3)))
  await orRefused(log.close())
  const again = await opened(runtime, { ...start, clean: true, logStartOffset: log.logStartOffset })
  if (again === null) return
  demand(
    !checked || again.logEndOffset <= log.logEndOffset,
    `the log ended at ${log.logEndOffset} and now at ${again.logEndOffset}`,
  )
  await readAll(again, read, false)
  await orRefused(again.close())
}

async function opened(runtime: Runtime, start: Start): Promise<Log | null> {
  const options = { settings: folderSettings, directory: folderPath, ...start }
  return (await orRefused(openTestLog(runtime, options)))?.log ?? null
}

/** Reads all that can be read, past what is damaged. */
async function readAll(log: Log, read: Read, checked: boolean): Promise<void> {
  const end = log.logEndOffset
  demand(log.logStartOffset <= end, `a log from ${log.logStartOffset} to ${end}`)
  let least = -1
  for (let from = log.logStartOffset; from < end; ) {
    const next = await read(log, from).then(
      ({ bytes, nextOffset }) => {
        for (const header of batchesOf(bytes)) {
          demand(!checked || header.baseOffset >= least, `offset ${header.baseOffset} comes after ${least}`)
          demand(!checked || crcIsRight(header), `a batch with a wrong CRC is served, at offset ${header.baseOffset}`)
          least = header.nextOffset
        }
        return bytes.length === 0 ? end : nextOffset
      },
      (error: unknown) => {
        if (error instanceof LogReadFault) return Math.max(error.upTo, from + 1)
        if (error instanceof DiskFault) return end
        throw error
      },
    )
    demand(next > from, `a read from ${from} leads to ${next}`)
    from = next
  }
}

export function* batchesOf(bytes: Buffer): Generator<BatchHeader> {
  for (let at = 0; at < bytes.length; at += batchSizeOf(bytes, at)) {
    const whole = bytes.length - at >= batchHeaderBytes && at + batchSizeOf(bytes, at) <= bytes.length
    demand(
      whole && batchSizeOf(bytes, at) >= batchHeaderBytes,
      `half a batch is served, at byte ${at} of ${bytes.length}`,
    )
    yield new BatchHeader(bytes, at)
  }
}

export function crcIsRight(header: BatchHeader): boolean {
  const { bytes, at, sizeBytes } = header
  return header.crc === plainCrc32c(bytes, at + 21, at + sizeBytes)
}

async function appendOne(log: Log, read: Read, checked: boolean): Promise<void> {
  const from = log.logEndOffset
  const appended = batchOf(['appended'])
  try {
    log.append(appended, Math.max(0, log.lastEpoch))
  } catch (error) {
    if (error instanceof LogAppendFault) return
    throw error
  }
  const isWritten = await log.flush().then(
    () => true,
    (error: unknown) => {
      if (error instanceof DiskFault) return false
      throw error
    },
  )
  if (!isWritten) return
  const found = await orRefused(read(log, from))
  const { value } = batchesOf(found?.bytes ?? Buffer.alloc(0)).next()
  demand(!checked || isAt(value, from, appended.bytes), 'what was appended is not found again')
}

/** Whether a batch is the one that was appended, with that offset: its CRC covers neither offset nor epoch. */
export function isAt(found: BatchHeader | undefined | void, offset: number, appended: Buffer): boolean {
  return found?.baseOffset === offset && found.crc === new BatchHeader(appended).crc
}

/** What a log may answer to a folder that is damaged: a fault of the disk, or that it cannot give what is asked for. */
export async function orRefused<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (error instanceof DiskFault || error instanceof LogReadFault || error instanceof LogAppendFault) return null
    throw error
  }
}

export async function readLog(log: Log, from: number): Promise<{ bytes: Buffer; nextOffset: number }> {
  const slice = await log.read({ from, upTo: log.logEndOffset, maxBytes: 1024 * 1024, minOneBatch: true })
  const { nextOffset } = slice
  return { bytes: bytesOf(slice), nextOffset }
}
