import { DiskFault, type FolderLock } from '../runtime/disk.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { readCleanMark } from './clean-shutdown.ts'
import { ClosedLogs } from './closed-logs.ts'
import { HostedReplicas } from './hosted-replicas.ts'
import { DirectoryCheckpoints } from './log-directory-checkpoints.ts'
import { type Identity, identify, readBootId, writeBootId } from './log-directory-identity.ts'
import { type HostedReplica, partitionKey } from './log-directory-name.ts'
import { LogDirectoryRefusal } from './log-directory-refusal.ts'
import { adopt, type FolderScan, endDeletions, scanFolder, setStraysAside } from './log-directory-scan.ts'
import { type Doubts, Suspicion } from './suspicion.ts'

export interface LogDirectoryOptions {
  readonly runtime: Runtime
  readonly path: string
  readonly nodeId: number
  /** Undefined: the folder's own, or a random one for a new folder. */
  readonly clusterId?: string | undefined
  /** Logs opened or closed at once; 16 unless given. */
  readonly logsAtOnce?: number
  /** How often offsets are checkpointed; Kafka's default is a minute. */
  readonly checkpointIntervalMs?: number
}

/** What was found at the start, before any log was opened. */
export interface DirectoryStart {
  /** The folder was empty. */
  readonly madeNow: boolean
  /** The last run closed every log; nothing has been appended since. */
  readonly clean: boolean
  /** The machine has not been restarted since the last append. */
  readonly sameBoot: boolean
  /** What makes replicas suspect, this time or before, and is not settled yet. */
  readonly doubts: Doubts
  /** Under which registration the last clean close was; null: it was not clean. */
  readonly previousBrokerEpoch: number | null
  /** Hosted, but their folders are gone. */
  readonly missingReplicas: readonly HostedReplica[]
  /** New names of the folders that were set aside. */
  readonly strays: readonly string[]
}

/** A folder that is locked, known and judged; its logs are not open yet. */
export interface OpenedFolder {
  readonly lock: FolderLock
  readonly identity: Identity
  readonly start: DirectoryStart
  readonly hosted: HostedReplicas
  readonly suspicion: Suspicion
  readonly checkpoints: DirectoryCheckpoints
  readonly closedLogs: ClosedLogs
  /** Names of folders that wait to be removed. */
  readonly leftovers: readonly string[]
}

/** Locks the folder and finds out whose it is and how it was left. Refuses with a `LogDirectoryRefusal`. */
export async function openFolder(options: LogDirectoryOptions): Promise<OpenedFolder> {
  const { runtime, path } = options
  await runtime.disk.makeDirectory(path)
  const lock = await lockFolder(runtime, path)
  try {
    return { lock, ...(await look(options)) }
  } catch (error) {
    await lock.release()
    throw error
  }
}

async function lockFolder(runtime: Runtime, path: string): Promise<FolderLock> {
  try {
    return await runtime.disk.lock(path)
  } catch (error) {
    if (!(error instanceof DiskFault && error.code === 'ELOCKED')) throw error
    const holder = error.cause instanceof Error ? ` (${error.cause.message})` : ''
    const sentence = `${path} is in use by another broker${holder}: stop that one first, or give another folder`
    throw new LogDirectoryRefusal({ code: 'locked', path, sentence, cause: error })
  }
}

async function look(options: LogDirectoryOptions): Promise<Omit<OpenedFolder, 'lock'>> {
  const { runtime, path } = options
  const { disk, logger } = runtime
  const scan = await scanFolder(disk, path)
  const hosted = new HostedReplicas(disk, path)
  const suspicion = new Suspicion(disk, path)
  const list = await hosted.load()
  const identity = await identify({ runtime, directory: path, scan, hosted }, options)
  const mark = await readCleanMark(disk, path)
  const boot = await readBootId(disk, path)
  const sameBoot = boot.bootId !== null && boot.bootId === runtime.bootId
  const isListLost = !identity.madeNow && (list === 'damaged' || (list === 'missing' && boot.known))
  await suspicion.load()
  // Before anything is changed: a crash from here on must not hide it.
  await suspicion.doubt({ powerCut: mark === null && !sameBoot, listLost: isListLost })
  if (!identity.madeNow && list !== 'whole') await takeOver(options, { scan, hosted, isListLost })
  const access = { disk, directory: path, random: runtime.random, logger }
  const strays = await setStraysAside(access, scan, hosted)
  const leftovers = await endDeletions(access, scan, hosted)
  const missingReplicas = [...hosted.values()].filter((replica) => !scan.partitions.has(partitionKey(replica)))
  const start: DirectoryStart = {
    madeNow: identity.madeNow,
    clean: mark !== null,
    sameBoot,
    doubts: suspicion.doubts,
    previousBrokerEpoch: mark?.brokerEpoch ?? null,
    missingReplicas,
    strays,
  }
  const checkpoints = await DirectoryCheckpoints.read(runtime, path)
  const closedLogs = new ClosedLogs(disk, path)
  // After a power cut a file may look as it did, and hold something else.
  if (mark !== null || sameBoot) await closedLogs.load()
  else await closedLogs.remove()
  return { identity, start, hosted, suspicion, checkpoints, closedLogs, leftovers }
}

/** A folder without its list: Kafka's, whose partitions become ours, or one that has lost it. */
async function takeOver(
  { runtime, path }: LogDirectoryOptions,
  found: { scan: FolderScan; hosted: HostedReplicas; isListLost: boolean },
): Promise<void> {
  const { disk, logger } = runtime
  await adopt(disk, path, found.scan, found.hosted)
  // After the list: this file tells later starts that there must be one.
  if (!found.isListLost) await writeBootId(disk, path, null)
  const facts = { path, replicas: found.hosted.size }
  if (found.isListLost) logger.error(facts, 'the list of hosted replicas was lost and is made anew from the folders')
  else logger.info(facts, 'a folder made by Kafka is taken over')
}
